-- $1: order or null, $2: revocation or null. No row back: these bytes are on record already.
WITH superseded AS (
  UPDATE intents SET settle_time = clock_timestamp()
  WHERE (order_id = $1 OR revocation_id = $2) AND settle_time IS NULL
        AND jws_sha256 <> sha256(convert_to($6, 'UTF8'))
)
INSERT INTO intents (order_id, revocation_id, fence, action, url, jws, jws_sha256)
VALUES ($1, $2, $3, $4, $5, $6, sha256(convert_to($6, 'UTF8')))
ON CONFLICT DO NOTHING
RETURNING id
