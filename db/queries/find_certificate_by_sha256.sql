SELECT certificates.id
FROM certificate_versions JOIN certificates ON certificates.id = certificate_id
WHERE sha256 = $1 AND ($2::text IS NULL OR agent = $2)
