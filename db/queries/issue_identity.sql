-- $1: agent, locked before: the number is above all that were issued to it. $2: lifetime in
-- milliseconds.
UPDATE agents SET identity_expire_time = issue.now + $2::bigint * interval '1 millisecond'
FROM (SELECT clock_timestamp() AS now) AS issue
WHERE id = $1
RETURNING nextval('identity_numbers') AS number, issue.now, identity_expire_time
