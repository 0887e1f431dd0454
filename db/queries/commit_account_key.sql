-- The wanted key becomes the account's, the present one is retired: both or neither. $1: name,
-- $2: fence, $3: thumbprint of the wanted key, $4: kept for so many milliseconds.
WITH before AS (
  SELECT name, key_uri, algorithm, thumbprint, key_label, key_since, clock_timestamp() AS now
  FROM accounts
  WHERE name = $1 AND fence = $2 AND change = 'KEY' AND wanted_thumbprint = $3
  FOR NO KEY UPDATE
), retired AS (
  INSERT INTO retired_account_keys (account, thumbprint, key_uri, algorithm, key_label, since,
                                    retire_time, destroy_time)
  SELECT name, thumbprint, key_uri, algorithm, key_label, least(key_since, now), now,
         now + $4::bigint * interval '1 millisecond'
  FROM before
)
UPDATE accounts SET
  key_uri = wanted_key_uri, algorithm = wanted_algorithm, thumbprint = wanted_thumbprint,
  key_label = wanted_key_label, key_since = before.now,
  change = 'NONE', change_time = NULL, wanted_key_uri = NULL, wanted_algorithm = NULL,
  wanted_thumbprint = NULL, wanted_key_label = NULL,
  failures = 0, failure_reason = NULL, failure_detail = NULL, failure_retry_after_s = NULL,
  failure_violations = NULL, lease_owner = NULL, lease_until = NULL, next_attempt_at = NULL
FROM before
WHERE accounts.name = before.name
RETURNING accounts.name
