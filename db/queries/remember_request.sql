-- The first call under a request id leaves its row; any later one gets no row back and compares.
INSERT INTO requests (caller, request_id, method, body_sha256, resource)
VALUES ($1, $2, $3, sha256($4), $5)
ON CONFLICT (caller, request_id) DO NOTHING
RETURNING resource
