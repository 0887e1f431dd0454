-- $1: id, $2: agent, $3: SHA-256 of the secret, $4: lifetime in milliseconds.
INSERT INTO join_tokens (id, agent, secret_sha256, create_time, expire_time)
SELECT $1::uuid, $2::text, $3::bytea, now, now + $4::bigint * interval '1 millisecond'
FROM (SELECT clock_timestamp() AS now) AS made
