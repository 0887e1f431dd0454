-- Whatever became of the lease; the first answer to an intent stands. $2: order or revocation that
-- the intent must be of.
INSERT INTO facts (intent_id, http_status, location, body)
SELECT id, $3, $4, $5
FROM intents
WHERE id = $1 AND coalesce(order_id, revocation_id) = $2
ON CONFLICT (intent_id) DO NOTHING
