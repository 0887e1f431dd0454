-- As lock_order.sql, whoever the agent is.
SELECT id FROM orders WHERE id = $1 FOR NO KEY UPDATE
