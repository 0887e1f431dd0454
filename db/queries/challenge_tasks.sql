SELECT order_id, challenge_type, name, token, key_authorization,
       presentation = 'UNWANTED' AS remove
FROM order_authorizations
WHERE agent = $1 AND presentation IN ('WANTED', 'UNWANTED') AND solver = 'agent'
ORDER BY order_id, attempt, position
