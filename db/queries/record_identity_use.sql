-- No row back: there is nothing new in it, or a number that was never given out: by whoever has a
-- CA's key, or before the database was restored. Believed, it would shut the agent out for ever.
UPDATE agents SET used_identity = $2
WHERE id = $1 AND used_identity < $2 AND NOT removed
  AND $2 <= (SELECT last_value FROM identity_numbers)
RETURNING id
