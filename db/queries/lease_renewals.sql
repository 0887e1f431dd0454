-- As lease_orders.sql. $1: owner, $2: how many, $3: lease in milliseconds.
WITH due AS (
  SELECT order_id, due_at
  FROM renewals
  WHERE due_at <= (SELECT clock_timestamp())
  ORDER BY due_at
  LIMIT $2
  FOR NO KEY UPDATE SKIP LOCKED
), leased AS (
  UPDATE renewals SET
    fence = fence + 1,
    lease_owner = $1,
    lease_until = clock_timestamp() + $3 * interval '1 millisecond'
  FROM due
  WHERE renewals.order_id = due.order_id
  RETURNING renewals.order_id, due.due_at, renewals.certificate_id, source, window_start, window_end,
    chosen, explanation_url, failures, fence, next_attempt_at
)
SELECT leased.*, agent, account, renewal_id, not_before, not_after
FROM leased
     JOIN certificate_versions ON certificate_versions.order_id = leased.order_id
     JOIN certificates ON certificates.id = leased.certificate_id
ORDER BY leased.due_at
