-- $1: id, $2: state, $3: why.
UPDATE agents SET
  state = $2, ban_reason = $3, removed = false,
  create_time = CASE WHEN removed THEN clock_timestamp() ELSE create_time END
WHERE id = $1
