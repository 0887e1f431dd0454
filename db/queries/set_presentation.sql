UPDATE order_authorizations SET
  presentation = $4,
  presentation_error = $5,
  hit_time = CASE WHEN $6::boolean THEN coalesce(hit_time, clock_timestamp()) ELSE hit_time END
WHERE order_id = $1 AND attempt = $2 AND position = $3
