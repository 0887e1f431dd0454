-- For an order that has moved on to another account and given its old slot back. As insert_order.sql:
-- when another order is in flight there, this one waits, not due, until the slot is passed on to it.
WITH slot AS (
  INSERT INTO order_slots (account, names_sha256, order_id)
  SELECT account, names_sha256, id FROM orders WHERE id = $1
  ON CONFLICT (account, names_sha256) DO UPDATE SET order_id = order_slots.order_id
  RETURNING order_id = $1 AS free
)
UPDATE orders SET held_by = 'SAME_NAMES', next_attempt_at = NULL, lease_owner = NULL, lease_until = NULL
FROM slot
WHERE id = $1 AND NOT free
