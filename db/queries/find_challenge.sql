-- $3: whether the report is that it was removed: of whatever attempt is to be taken down. Everything
-- else is about the newest: CAs may give the same token again.
SELECT attempt, position, presentation, hit_time IS NOT NULL AS hit
FROM order_authorizations
WHERE order_id = $1 AND token = $2 AND token <> '' AND solver = 'agent'
ORDER BY ($3::boolean AND presentation = 'UNWANTED') DESC, attempt DESC
LIMIT 1
