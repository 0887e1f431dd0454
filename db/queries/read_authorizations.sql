SELECT order_id, url, name, wildcard, status, expires, challenge_url, token, key_authorization,
       responded, presentation, presentation_error
FROM order_authorizations
WHERE order_id = ANY ($1::uuid[])
ORDER BY order_id, position
