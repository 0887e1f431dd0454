-- $1: id, $2: SHA-256 of the secret, $3: of the key that asks. Who has another secret locks nothing.
-- A row that changed while the lock was waited for is looked at anew.
SELECT agent, expire_time > clock_timestamp() AS valid, use_time IS NULL AS unused,
       coalesce(used_by_spki_sha256 = $3, true) AS may_use
FROM join_tokens
WHERE id = $1 AND secret_sha256 = $2
FOR NO KEY UPDATE
