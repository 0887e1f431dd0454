-- Whoever changes the CAs of agents does so alone: they are a handful, and one rule is about all.
LOCK TABLE agent_cas IN SHARE ROW EXCLUSIVE MODE
