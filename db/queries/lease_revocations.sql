-- As lease_orders.sql. $1: owner, $2: how many, $3: lease in milliseconds.
WITH due AS (
  SELECT id, due_at
  FROM revocations
  WHERE due_at <= (SELECT clock_timestamp())
  ORDER BY due_at
  LIMIT $2
  FOR NO KEY UPDATE SKIP LOCKED
), leased AS (
  UPDATE revocations SET
    fence = fence + 1,
    lease_owner = $1,
    lease_until = clock_timestamp() + $3 * interval '1 millisecond'
  FROM due
  WHERE revocations.id = due.id
  RETURNING revocations.id, due.due_at
)
SELECT id FROM leased ORDER BY due_at
