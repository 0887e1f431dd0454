-- As lease_orders.sql. $1: owner, $2: how many, $3: lease in milliseconds.
WITH due AS (
  SELECT name, due_at
  FROM accounts
  WHERE due_at <= (SELECT clock_timestamp())
  ORDER BY due_at
  LIMIT $2
  FOR NO KEY UPDATE SKIP LOCKED
), leased AS (
  UPDATE accounts SET
    fence = fence + 1,
    lease_owner = $1,
    lease_until = clock_timestamp() + $3 * interval '1 millisecond'
  FROM due
  WHERE accounts.name = due.name
  RETURNING accounts.name, due.due_at
)
SELECT name FROM leased ORDER BY due_at
