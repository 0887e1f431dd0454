-- Which other account has, wants or had the key $2, or whether account $1 had it: one key is one
-- account's, once.
SELECT name FROM accounts WHERE thumbprint = $2 AND name <> $1
UNION ALL
SELECT name FROM accounts WHERE wanted_thumbprint = $2 AND name <> $1
UNION ALL
SELECT account FROM retired_account_keys WHERE thumbprint = $2
LIMIT 1
