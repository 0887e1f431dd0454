-- Every writer of an agent locks its token first, then the agent, then agent_changes: no deadlock.
SELECT id, state, ban_reason, used_identity, identity_expire_time, create_time, join_time, removed
FROM agents
WHERE id = $1
FOR NO KEY UPDATE
