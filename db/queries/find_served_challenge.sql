-- $1: token, $2: name without "*.". What the responder serves now.
SELECT order_id, attempt, position, key_authorization, hit_time IS NOT NULL AS hit
FROM order_authorizations
WHERE token = $1 AND name = $2 AND solver = 'responder' AND presentation IN ('WANTED', 'SERVING')
ORDER BY order_id DESC
LIMIT 1
