-- To the one that has waited longest. A statement after free_slot.sql, because only then are those
-- visible that came while it waited for the slot's row.
WITH longest_waiting AS (
  SELECT id
  FROM orders
  WHERE account = $1 AND names_sha256 = $2 AND due_at IS NULL AND end_time IS NULL
  ORDER BY id
  LIMIT 1
  FOR NO KEY UPDATE
), slot AS (
  INSERT INTO order_slots (account, names_sha256, order_id)
  SELECT $1, $2, id FROM longest_waiting
), history AS (
  INSERT INTO order_events (order_id, state, message)
  SELECT id, 'QUEUED', 'The earlier order for the same names has ended.' FROM longest_waiting
)
UPDATE orders SET held_by = 'NOTHING', next_attempt_at = clock_timestamp()
FROM longest_waiting
WHERE orders.id = longest_waiting.id
RETURNING orders.id
