SELECT id FROM certificates WHERE id = $1 AND ($2::text IS NULL OR agent = $2)
