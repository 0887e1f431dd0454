SELECT id, state, key_uri, certificate, create_time
FROM agent_cas
ORDER BY position
