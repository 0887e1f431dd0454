-- The latest unsettled intent of each order or revocation in $1, with its fact, if one has come.
SELECT DISTINCT ON (subject) coalesce(order_id, revocation_id) AS subject, id, action, url, jws,
       floor(extract(epoch FROM clock_timestamp() - intents.create_time) * 1000)::bigint AS age_ms,
       http_status, location, body
FROM intents LEFT JOIN facts ON facts.intent_id = intents.id
WHERE settle_time IS NULL AND (order_id = ANY ($1::uuid[]) OR revocation_id = ANY ($1::uuid[]))
ORDER BY subject, id DESC
