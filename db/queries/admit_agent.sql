UPDATE agents SET
  removed = false, join_time = clock_timestamp(),
  create_time = CASE WHEN removed THEN clock_timestamp() ELSE create_time END
WHERE id = $1
