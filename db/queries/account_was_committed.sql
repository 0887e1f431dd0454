-- Whether the holder of this fence has written this state already: a COMMIT in doubt that went well.
SELECT name FROM accounts WHERE name = $1 AND fence = $2 AND state = $3 AND change = $4
