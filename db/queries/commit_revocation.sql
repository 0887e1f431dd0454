-- $1: id, $2: fence, $3: state, $4: failures, $5–$8: failure, $9: due again after so many
-- milliseconds (null when it is not requested any more), $10: intent that is settled.
WITH written AS (
  UPDATE revocations SET
    state = $3, failures = $4, failure_reason = $5, failure_detail = $6,
    failure_retry_after_s = $7, failure_violations = $8,
    revoke_time = CASE WHEN $3 = 'REVOKED' THEN clock_timestamp() END,
    lease_owner = NULL, lease_until = NULL,
    next_attempt_at = clock_timestamp() + $9::bigint * interval '1 millisecond'
  WHERE id = $1 AND fence = $2 AND state = 'REVOKE_REQUESTED'
  RETURNING id, order_id
), planless AS (
  UPDATE renewals SET ended = true
  FROM written
  WHERE $3 = 'REVOKED' AND renewals.order_id = written.order_id
), settled AS (
  UPDATE intents SET settle_time = clock_timestamp()
  FROM written
  WHERE intents.id = $10 AND intents.revocation_id = written.id AND intents.settle_time IS NULL
)
SELECT certificate_id
FROM written JOIN certificate_versions ON certificate_versions.order_id = written.order_id
