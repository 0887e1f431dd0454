DELETE FROM join_tokens WHERE id = $1 RETURNING id
