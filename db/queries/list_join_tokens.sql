-- $1: position of the page before's last item, or null; $2: how many.
SELECT id, agent, secret_sha256, create_time, expire_time, use_time, position
FROM join_tokens
WHERE $1::bigint IS NULL OR position < $1
ORDER BY position DESC
LIMIT $2
