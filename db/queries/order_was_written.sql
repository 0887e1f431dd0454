-- The proof of a COMMIT in doubt that went well: the row carries this write's random number.
SELECT id FROM orders WHERE id = $1 AND last_commit = $2
