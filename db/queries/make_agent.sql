-- An agent that never was is like one that was removed: what happens next brings it back.
INSERT INTO agents (id, removed) VALUES ($1, true) ON CONFLICT (id) DO NOTHING
