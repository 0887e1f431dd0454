-- No row back: the name is taken by an account that is pending or valid. The fence of an account
-- that is taken up again rises, so that who still works on the failed one changes nothing.
INSERT INTO accounts (name, issuer, directory_url, key_uri, algorithm, thumbprint, contacts,
                      terms_of_service_agreed, key_label)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (name) DO UPDATE SET
  issuer = excluded.issuer, directory_url = excluded.directory_url, key_uri = excluded.key_uri,
  algorithm = excluded.algorithm, thumbprint = excluded.thumbprint, contacts = excluded.contacts,
  terms_of_service_agreed = excluded.terms_of_service_agreed, key_label = excluded.key_label,
  key_since = clock_timestamp(), state = 'PENDING',
  account_url = NULL, failures = 0, failure_reason = NULL, failure_detail = NULL,
  failure_retry_after_s = NULL, failure_violations = NULL, fence = accounts.fence + 1,
  lease_owner = NULL, lease_until = NULL, next_attempt_at = clock_timestamp()
WHERE accounts.state = 'FAILED'
RETURNING name
