-- Whether challenges that are made for key $2 may be put up for account $1: it is the account's, and
-- is to stay so. The lock holds until the order is written, so that a roll-over that is put on
-- record now waits for this order, or this order for it.
SELECT change <> 'KEY' AND thumbprint = $2 AS may FROM accounts WHERE name = $1 FOR SHARE
