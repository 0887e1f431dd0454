INSERT INTO agent_cas (id, state, key_uri, certificate) VALUES ($1, $2, $3, $4)
