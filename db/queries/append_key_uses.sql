-- Arrays, an element per record: $1 numbers, $2 purposes, $3 URLs, $4 account URLs, $5 key URIs,
-- $6 thumbprints, $7 subjects, $8 agents, $9 request ids, $10 input hashes, $11 previous hashes,
-- $12 hashes. $13: time, $14: replica, $15: number of the head that they follow. No row: the head is
-- another one.
WITH moved AS (
  UPDATE key_use_head
  SET number = ($1::bigint[])[cardinality($1::bigint[])],
      sha256 = ($12::bytea[])[cardinality($12::bytea[])]
  WHERE number = $15
  RETURNING 1
)
INSERT INTO key_uses (number, purpose, url, account_url, key_uri, thumbprint, subject, agent,
  request_id, input_sha256, previous_sha256, sha256, create_time, replica)
SELECT record.*, $13::timestamptz, $14::text
FROM moved, unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
  $7::text[], $8::text[], $9::text[], $10::bytea[], $11::bytea[], $12::bytea[]) AS record
RETURNING number
