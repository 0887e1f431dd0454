UPDATE join_tokens SET use_time = clock_timestamp(), used_by_spki_sha256 = $2 WHERE id = $1
