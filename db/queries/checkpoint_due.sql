-- $1: milliseconds that are to be between two.
SELECT number, sha256, clock_timestamp() AS now
FROM key_use_head
     JOIN key_uses USING (number, sha256)  -- no head that is not the record
WHERE number > 0
  AND NOT EXISTS (SELECT FROM checkpoints WHERE checkpoints.number = key_use_head.number)
  AND NOT EXISTS (
    SELECT FROM checkpoints
    WHERE create_time > clock_timestamp() - $1 * interval '1 millisecond'
      AND create_time <= clock_timestamp())
