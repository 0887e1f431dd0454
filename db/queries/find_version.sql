-- $1: certificate, $2: owner or null, $3: SHA-256 of the version or null for the current one. No
-- row: no such certificate; a null order_id: no such version.
SELECT version.order_id
FROM certificates
     LEFT JOIN LATERAL (
       SELECT certificate_versions.order_id
       FROM certificate_versions
       WHERE certificate_id = certificates.id AND ($3::bytea IS NULL OR sha256 = $3)
       ORDER BY position DESC
       LIMIT 1
     ) AS version ON true
WHERE certificates.id = $1 AND ($2::text IS NULL OR agent = $2)
