-- As account_was_committed.sql, for commit_account_key.sql.
SELECT name FROM accounts WHERE name = $1 AND fence = $2 AND change = 'NONE' AND thumbprint = $3
