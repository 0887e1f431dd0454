SELECT count(*) AS orders
FROM orders
WHERE account = $1 AND state IN ('PRESENTING', 'PROPAGATING', 'VALIDATING')
