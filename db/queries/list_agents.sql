-- $1: id of the page before's last item, or null; $2: how many.
SELECT id, state, ban_reason, used_identity, identity_expire_time, create_time, join_time
FROM agents
WHERE NOT removed AND ($1::text IS NULL OR id > $1)
ORDER BY id
LIMIT $2
