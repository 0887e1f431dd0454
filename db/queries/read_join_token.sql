SELECT id, agent, secret_sha256, create_time, expire_time, use_time
FROM join_tokens
WHERE id = $1
