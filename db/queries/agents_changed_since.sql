SELECT id, state, ban_reason, removed, used_identity, change
FROM agents
WHERE change > $1
ORDER BY change
