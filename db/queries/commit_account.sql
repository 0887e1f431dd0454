-- $1: name, $2: fence, $3: state, $4: account_url, $5: failures, $6–$9: failure,
-- $10: due again after so many milliseconds; null when there is nothing to do any more, $11: contacts,
-- $12: change.
UPDATE accounts SET
  state = $3, account_url = $4, failures = $5, failure_reason = $6, failure_detail = $7,
  failure_retry_after_s = $8, failure_violations = $9, lease_owner = NULL, lease_until = NULL,
  next_attempt_at = clock_timestamp() + $10::bigint * interval '1 millisecond',
  contacts = $11, change = $12,
  change_time = CASE $12 WHEN 'NONE' THEN NULL ELSE change_time END,
  wanted_contacts = CASE $12 WHEN 'CONTACTS' THEN wanted_contacts ELSE ARRAY[]::text[] END,
  wanted_key_uri = CASE $12 WHEN 'KEY' THEN wanted_key_uri END,
  wanted_algorithm = CASE $12 WHEN 'KEY' THEN wanted_algorithm END,
  wanted_thumbprint = CASE $12 WHEN 'KEY' THEN wanted_thumbprint END,
  wanted_key_label = CASE $12 WHEN 'KEY' THEN wanted_key_label END
WHERE name = $1 AND fence = $2 AND (state = 'PENDING' OR change <> 'NONE')
RETURNING name
