UPDATE agent_cas SET state = 'RETIRED' WHERE state = 'ACTIVE'
