-- The last statement of a transaction that changes an agent's standing: agent_changes stays locked
-- until the commit, so that numbers are committed in their order (0011_agents.sql).
WITH next AS (
  UPDATE agent_changes SET last = last + 1 RETURNING last
)
UPDATE agents SET change = next.last FROM next WHERE id = $1
