-- Every writer of an order's authorizations locks the order first: one order of locks, no deadlock.
SELECT id FROM orders WHERE id = $1 AND agent = $2 FOR NO KEY UPDATE
