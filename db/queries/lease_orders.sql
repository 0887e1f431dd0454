-- Takes up to $2 due orders for $1 for $3 milliseconds, longest due first. SKIP LOCKED, so that
-- replicas do not queue behind each other; fence + 1 shuts out a previous holder's late result. The
-- sub-select makes the time one value that the index can be asked for (clock_timestamp() alone is
-- volatile and would be compared row by row). Orders that wait for their slot have no due_at.
WITH due AS (
  SELECT id, due_at
  FROM orders
  WHERE due_at <= (SELECT clock_timestamp())
  ORDER BY due_at
  LIMIT $2
  FOR NO KEY UPDATE SKIP LOCKED
), leased AS (
  UPDATE orders SET
    fence = fence + 1,
    lease_owner = $1,
    lease_until = clock_timestamp() + $3 * interval '1 millisecond',
    wake_pending = false
  FROM due
  WHERE orders.id = due.id
  RETURNING orders.id, due.due_at
)
SELECT id FROM leased ORDER BY due_at
