-- Those of an agent. Locked in one order, so that two who do this do not wait for each other.
WITH mine AS (
  SELECT id FROM join_tokens WHERE agent = $1 ORDER BY id FOR NO KEY UPDATE
)
UPDATE join_tokens SET expire_time = clock_timestamp()
FROM mine
WHERE join_tokens.id = mine.id AND expire_time > clock_timestamp()
