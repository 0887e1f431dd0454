-- Nothing of an order that has ended ($2 null), or of its attempts before $2, is to be served any
-- more (I13).
UPDATE order_authorizations SET presentation = 'UNWANTED', next_attempt_at = clock_timestamp()
WHERE order_id = $1 AND presentation IN ('WANTED', 'SPREADING', 'SERVING', 'FAILED')
  AND ($2::integer IS NULL OR attempt < $2)
RETURNING agent, solver = 'agent' AS by_agent
