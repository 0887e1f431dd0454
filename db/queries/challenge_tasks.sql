SELECT order_id, name, token, key_authorization, presentation = 'UNWANTED' AS remove
FROM order_authorizations
WHERE agent = $1 AND presentation IN ('WANTED', 'UNWANTED')
ORDER BY order_id, position
