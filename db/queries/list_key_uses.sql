-- $1: subject, $2: agent, $3: thumbprint, $4: number of the page before's last record; each may be
-- null. $5: how many.
SELECT number, create_time, replica, purpose, url, account_url, key_uri, thumbprint, subject, agent,
  request_id, input_sha256, previous_sha256, sha256
FROM key_uses
WHERE ($1::text IS NULL OR subject = $1)
  AND ($2::text IS NULL OR agent = $2)
  AND ($3::text IS NULL OR thumbprint = $3)
  AND ($4::bigint IS NULL OR number < $4)
ORDER BY number DESC
LIMIT $5
