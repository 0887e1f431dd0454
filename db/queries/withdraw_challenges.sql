-- A terminal order wants no challenge served any more (I13).
UPDATE order_authorizations SET presentation = 'UNWANTED'
WHERE order_id = $1 AND presentation IN ('WANTED', 'SERVING', 'FAILED')
RETURNING agent
