-- The plan of a version that has just been stored. What it replaces is not asked about any more
-- (RFC 9773 §4.3).
WITH replaced AS (
  UPDATE renewals SET ended = true WHERE certificate_id = $2 AND order_id <> $1 AND NOT ended
)
INSERT INTO renewals (order_id, certificate_id, source, window_start, window_end, chosen,
                      explanation_url, failures, next_attempt_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
