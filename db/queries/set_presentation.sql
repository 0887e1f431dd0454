UPDATE order_authorizations SET
  presentation = $3,
  presentation_error = $4,
  hit_time = CASE WHEN $5::boolean THEN coalesce(hit_time, clock_timestamp()) ELSE hit_time END
WHERE order_id = $1 AND token = $2 AND solver = 'agent'
