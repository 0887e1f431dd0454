SELECT id
FROM intents
WHERE (order_id = $1 OR revocation_id = $2) AND jws_sha256 = sha256(convert_to($3, 'UTF8'))
