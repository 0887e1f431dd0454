-- Nothing but the fence is compared: a request is signed only under a lease that holds.
SELECT id
FROM revocations
WHERE id = $1 AND fence = $2 AND state = 'REVOKE_REQUESTED'
FOR NO KEY UPDATE
