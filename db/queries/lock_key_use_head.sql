SELECT number, sha256, clock_timestamp() AS now
FROM key_use_head
FOR UPDATE
