-- What the CA's answer made of the plan, if the lease still holds and the version is still the one
-- that matters. $9: when the CA is asked again; null: never.
UPDATE renewals SET
  source = $3, window_start = $4, window_end = $5, chosen = $6, explanation_url = $7, failures = $8,
  next_attempt_at = $9, lease_owner = NULL, lease_until = NULL
WHERE order_id = $1 AND fence = $2 AND NOT ended
RETURNING certificate_id
