INSERT INTO checkpoints (number, sha256, thumbprint, jws, create_time)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (number) DO NOTHING
