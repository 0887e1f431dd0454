-- What the machine decided, if the lease still holds; then the lease goes on or is given back.
-- $1: id, $2: fence, $3: this write's random number, $4: state, $5: held_by, $6: order_url,
-- $7: finalize_url, $8: certificate_url, $9: expires, $10: polls, $11: failures, $12–$15: failure,
-- $16: whether the state is terminal, $17: due again after so many milliseconds (null: goes on under
-- the lease), $18: wakeable, $19: the lease goes on for so many milliseconds, $20: line for the
-- history, $21: intent that is settled, $22: whether a finalize request goes on record, $23: attempt,
-- $24: failed_challenges, $25: replaces, $26: profile, $27: issuer, $28: account, $29: fallbacks.
WITH before AS (
  SELECT attempt, account FROM orders
  WHERE id = $1 AND fence = $2 AND end_time IS NULL AND last_commit IS DISTINCT FROM $3
  FOR NO KEY UPDATE
), written AS (
  UPDATE orders SET
    state = $4, held_by = $5, order_url = $6, finalize_url = $7, certificate_url = $8,
    expires = $9, polls = $10, failures = $11, failure_reason = $12, failure_detail = $13,
    failure_retry_after_s = $14, failure_violations = $15,
    state_time = CASE WHEN state = $4 AND orders.attempt = $23 THEN state_time ELSE clock_timestamp() END,
    end_time = CASE WHEN $16::boolean THEN clock_timestamp() END,
    csr_sent = csr_sent OR $22::boolean,
    attempt = $23, failed_challenges = $24, replaces = $25, profile = $26,
    issuer = $27, account = $28, fallbacks = $29,
    lease_owner = CASE WHEN $16 OR $17::bigint IS NOT NULL THEN NULL ELSE lease_owner END,
    lease_until = CASE
      WHEN $16 OR $17 IS NOT NULL THEN NULL
      ELSE greatest(lease_until, clock_timestamp() + $19 * interval '1 millisecond')
    END,
    next_attempt_at = CASE
      WHEN $16 THEN NULL
      WHEN $17 IS NULL THEN next_attempt_at
      WHEN $18::boolean AND wake_pending THEN clock_timestamp()
      ELSE clock_timestamp() + $17 * interval '1 millisecond'
    END,
    wakeable = $18,
    wake_pending = wake_pending AND $17 IS NULL,
    last_commit = $3
  FROM before
  WHERE id = $1 AND fence = $2 AND end_time IS NULL AND last_commit IS DISTINCT FROM $3
  RETURNING id, state, agent, certificate_id, due_at, before.attempt < $23 AS begins_again,
    before.account <> $28 AS moves_on
), history AS (
  INSERT INTO order_events (order_id, state, message)
  SELECT id, state, $20 FROM written WHERE $20 <> ''
), settled AS (
  UPDATE intents SET settle_time = clock_timestamp()
  FROM written
  -- What was sent for an earlier attempt must not be sent again for this one.
  WHERE (intents.id = $21 OR begins_again) AND intents.order_id = written.id
        AND intents.settle_time IS NULL
)
SELECT agent, certificate_id, coalesce(due_at <= clock_timestamp(), false) AS due, begins_again, moves_on
FROM written
