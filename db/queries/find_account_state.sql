-- One that is to be deactivated takes no more orders.
SELECT CASE change WHEN 'DEACTIVATION' THEN 'DEACTIVATED' ELSE state END AS state
FROM accounts
WHERE name = $1
