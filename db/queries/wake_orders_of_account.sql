-- Orders that waited for the account's key: as wake_order.sql.
UPDATE orders SET
  wake_pending = wake_pending OR lease_until IS NOT NULL,
  next_attempt_at = CASE
    WHEN lease_until IS NULL AND wakeable THEN least(next_attempt_at, clock_timestamp())
    ELSE next_attempt_at
  END
WHERE account = $1 AND state IN ('QUEUED', 'PLACED') AND held_by = 'ACCOUNT' AND due_at IS NOT NULL
RETURNING id
