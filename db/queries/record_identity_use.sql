-- No row back: there is nothing new in it.
UPDATE agents SET used_identity = $2
WHERE id = $1 AND used_identity < $2 AND NOT removed
RETURNING id
