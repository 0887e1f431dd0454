SELECT id, state, ban_reason, used_identity, identity_expire_time, create_time, join_time
FROM agents
WHERE id = $1 AND NOT removed
