-- A statement of its own, so that it sees a row that another transaction has just committed.
SELECT resource, method = $3 AND body_sha256 = sha256($4) AS same
FROM requests
WHERE caller = $1 AND request_id = $2
