-- $1: order or null, $2: revocation or null. No row back: these bytes are on record already.
INSERT INTO intents (order_id, revocation_id, fence, action, url, jws, jws_sha256)
VALUES ($1, $2, $3, $4, $5, $6, sha256(convert_to($6, 'UTF8')))
ON CONFLICT DO NOTHING
RETURNING id
