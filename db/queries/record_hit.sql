UPDATE order_authorizations SET hit_time = coalesce(hit_time, clock_timestamp())
WHERE order_id = $1 AND attempt = $2 AND position = $3
