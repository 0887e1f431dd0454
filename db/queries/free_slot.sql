DELETE FROM order_slots WHERE order_id = $1 RETURNING account, names_sha256
