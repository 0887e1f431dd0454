-- Those of the present attempt.
SELECT a.order_id, a.url, a.name, a.wildcard, a.status, a.expires, a.challenge_url,
       a.challenge_type, a.token, a.key_authorization, a.solver, a.responded, a.presentation,
       a.presentation_error
FROM order_authorizations AS a JOIN orders ON orders.id = a.order_id
WHERE a.order_id = ANY ($1::uuid[]) AND a.attempt = orders.attempt
ORDER BY a.order_id, a.position
