-- $1: number of the page before's last one, or null. $2: how many.
SELECT number, sha256, thumbprint, jws, create_time
FROM checkpoints
WHERE $1::bigint IS NULL OR number < $1
ORDER BY number DESC
LIMIT $2
