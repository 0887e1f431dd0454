-- Never sooner than in a second: what is due may have to wait for an order that is being placed.
SELECT ceil(greatest(extract(epoch FROM min(due_at) - clock_timestamp()), 1) * 1000)::bigint AS due_in_ms
FROM abandoned_authorizations
WHERE due_at IS NOT NULL
