-- No row back: there is none such, or it is not valid, or to be deactivated, or its key is being
-- rolled over (the CA may know the new one already). The fence rises, so that who works on an earlier
-- change does not write this one off.
UPDATE accounts SET
  change = $2, change_time = clock_timestamp(), wanted_contacts = CASE $2 WHEN 'CONTACTS' THEN $3::text[] ELSE ARRAY[]::text[] END,
  failures = 0, failure_reason = NULL, failure_detail = NULL, failure_retry_after_s = NULL,
  failure_violations = NULL, fence = fence + 1, lease_owner = NULL, lease_until = NULL,
  next_attempt_at = clock_timestamp()
WHERE name = $1 AND state = 'VALID' AND change NOT IN ('DEACTIVATION', 'KEY')
RETURNING name
