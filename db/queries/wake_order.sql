-- Due now, unless it is leased (then remembered until it is given back), waits for its slot, or the
-- CA named the time.
UPDATE orders SET
  wake_pending = wake_pending OR lease_until IS NOT NULL,
  next_attempt_at = CASE
    WHEN lease_until IS NULL AND wakeable THEN least(next_attempt_at, clock_timestamp())
    ELSE next_attempt_at
  END
WHERE id = $1 AND due_at IS NOT NULL
RETURNING lease_until IS NULL AND wakeable AS due
