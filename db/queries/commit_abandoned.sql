-- $4: fence, $5: what became of it (empty: to be tried again after $7 milliseconds), $6: failures.
UPDATE abandoned_authorizations SET
  outcome = $5, failures = $6, lease_owner = NULL, lease_until = NULL,
  next_attempt_at = clock_timestamp() + $7::bigint * interval '1 millisecond'
WHERE order_id = $1 AND attempt = $2 AND position = $3 AND fence = $4 AND outcome = ''
RETURNING order_id
