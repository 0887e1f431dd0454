-- $1: name, $2: label of the present key (empty: not known), $3: URI of the wanted one,
-- $4: algorithm, $5: thumbprint, $6: label. As change_account.sql, but no other change is pushed
-- aside.
UPDATE accounts SET
  change = 'KEY', change_time = clock_timestamp(),
  key_label = CASE $2 WHEN '' THEN key_label ELSE $2 END,
  wanted_key_uri = $3, wanted_algorithm = $4, wanted_thumbprint = $5, wanted_key_label = $6,
  failures = 0, failure_reason = NULL, failure_detail = NULL, failure_retry_after_s = NULL,
  failure_violations = NULL, fence = fence + 1, lease_owner = NULL, lease_until = NULL,
  next_attempt_at = clock_timestamp()
WHERE name = $1 AND state = 'VALID' AND change = 'NONE'
RETURNING name
