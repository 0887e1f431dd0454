SELECT state FROM accounts WHERE name = $1
