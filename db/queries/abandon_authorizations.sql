-- What an order that has ended without a certificate ($2 null), or its attempts before $2, have left
-- pending at the CA.
INSERT INTO abandoned_authorizations (order_id, attempt, position, account, url)
SELECT order_id, attempt, position, account, url
FROM order_authorizations
WHERE order_id = $1 AND status IN ('pending', 'unknown') AND account IS NOT NULL
  AND ($2::integer IS NULL OR attempt < $2) AND (expires IS NULL OR expires > clock_timestamp())
ON CONFLICT DO NOTHING
