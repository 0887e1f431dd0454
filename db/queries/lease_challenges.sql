-- Takes up to $2 due challenges of the service's solvers for $1 for $3 milliseconds. See
-- lease_orders.sql. The order's row is not locked: SKIP LOCKED waits for nobody.
WITH due AS (
  SELECT order_id, attempt, position, due_at
  FROM order_authorizations
  WHERE due_at <= (SELECT clock_timestamp())
  ORDER BY due_at
  LIMIT $2
  FOR NO KEY UPDATE SKIP LOCKED
), leased AS (
  UPDATE order_authorizations AS a SET
    fence = a.fence + 1,
    lease_owner = $1,
    lease_until = clock_timestamp() + $3 * interval '1 millisecond'
  FROM due
  WHERE (a.order_id, a.attempt, a.position) = (due.order_id, due.attempt, due.position)
  RETURNING a.order_id, a.attempt, a.position, a.fence, a.presentation, a.challenge_type, a.solver,
            a.name, a.wildcard, a.token, a.key_authorization, a.failures, a.spread_until,
            a.account AS own_account, due.due_at
)
-- The order may have moved on to another account since; rows of before migration 7 do not say whose.
SELECT leased.*, coalesce(own_account, orders.account) AS account
FROM leased JOIN orders ON orders.id = leased.order_id
ORDER BY leased.due_at
