-- $1: agent, $2: a name that it covers, $3: id of the page before's last item; each may be null.
SELECT id
FROM certificates
WHERE ($1::text IS NULL OR agent = $1)
  AND ($2::text IS NULL OR names @> ARRAY[$2::text])
  AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC
LIMIT $4
