-- $2: owner or null, $3: states from which nothing can have been issued. fence + 1: whoever holds
-- the lease changes nothing any more.
WITH cancelled AS (
  UPDATE orders SET
    state = 'CANCELLED', held_by = 'NOTHING', state_time = clock_timestamp(),
    end_time = clock_timestamp(), fence = fence + 1, lease_owner = NULL, lease_until = NULL,
    next_attempt_at = NULL, wake_pending = false,
    -- What held it up holds it up no more.
    failure_reason = NULL, failure_detail = NULL, failure_retry_after_s = NULL,
    failure_violations = NULL
  WHERE id = $1 AND ($2::text IS NULL OR agent = $2) AND state = ANY ($3::text[])
  RETURNING id, state, certificate_id
), history AS (
  INSERT INTO order_events (order_id, state, message) SELECT id, state, $4 FROM cancelled
)
SELECT certificate_id FROM cancelled
