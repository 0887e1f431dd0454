-- $2: owner, or null for anybody's.
SELECT id FROM orders WHERE id = $1 AND ($2::text IS NULL OR agent = $2)
