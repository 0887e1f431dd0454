UPDATE agent_cas SET state = $2 WHERE id = $1
