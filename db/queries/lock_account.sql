SELECT name FROM accounts WHERE name = $1 FOR NO KEY UPDATE
