-- $1: agent, $2: certificate, $4: id of the page before's last item; each may be null. $3: only
-- unfinished ones, $5: how many.
SELECT id
FROM orders
WHERE ($1::text IS NULL OR agent = $1)
  AND ($2::uuid IS NULL OR certificate_id = $2)
  AND (NOT $3::boolean OR end_time IS NULL)
  AND ($4::uuid IS NULL OR id < $4)
ORDER BY id DESC
LIMIT $5
