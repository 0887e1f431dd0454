-- No row back: the version is revoked or about to be. One that failed is taken up again, with a new
-- fence so that a late holder of the old try changes nothing.
INSERT INTO revocations (id, order_id, reason, requested_by)
VALUES ($1, $2, $3, $4)
ON CONFLICT (order_id) DO UPDATE SET
  state = 'REVOKE_REQUESTED', reason = excluded.reason, requested_by = excluded.requested_by,
  request_time = clock_timestamp(), failures = 0, failure_reason = NULL, failure_detail = NULL,
  failure_retry_after_s = NULL, failure_violations = NULL, fence = revocations.fence + 1,
  next_attempt_at = clock_timestamp()
WHERE revocations.state = 'REVOKE_FAILED'
RETURNING id
