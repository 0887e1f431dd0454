-- $1: position of the page before's last item, or null; $2: how many.
SELECT name, position
FROM accounts
WHERE $1::bigint IS NULL OR position < $1
ORDER BY position DESC
LIMIT $2
