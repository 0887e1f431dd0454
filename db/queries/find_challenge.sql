SELECT presentation, hit_time IS NOT NULL AS hit
FROM order_authorizations
WHERE order_id = $1 AND token = $2 AND token <> '' AND solver = 'agent'
