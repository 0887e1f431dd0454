-- As lease_orders.sql. $1: owner, $2: how many, $3: lease in milliseconds. `in_use`: the CA has handed
-- the same authorization to a newer order of ours (or to the next attempt of the same), which will take
-- care of it. While such an order is being placed nobody knows yet what the CA hands it.
WITH due AS (
  SELECT order_id, attempt, position, due_at
  FROM abandoned_authorizations AS a
  WHERE due_at <= (SELECT clock_timestamp())
    AND NOT EXISTS (
      SELECT 1
      FROM orders AS mine
           JOIN orders AS other ON other.account = a.account AND other.names && mine.names
      WHERE mine.id = a.order_id AND other.state IN ('QUEUED', 'PLACED'))
  ORDER BY due_at
  LIMIT $2
  FOR NO KEY UPDATE SKIP LOCKED
), leased AS (
  UPDATE abandoned_authorizations AS a SET
    fence = a.fence + 1,
    lease_owner = $1,
    lease_until = clock_timestamp() + $3 * interval '1 millisecond'
  FROM due
  WHERE (a.order_id, a.attempt, a.position) = (due.order_id, due.attempt, due.position)
  RETURNING a.order_id, a.attempt, a.position, a.account, a.url, a.failures, a.fence, due.due_at
)
SELECT leased.*, EXISTS (
    SELECT 1
    FROM order_authorizations AS other JOIN orders ON orders.id = other.order_id
    WHERE other.url = leased.url
      AND (other.order_id, other.attempt) <> (leased.order_id, leased.attempt)
      AND (orders.end_time IS NULL AND orders.attempt = other.attempt)
  ) AS in_use
FROM leased
ORDER BY due_at
