SELECT ceil(extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::bigint AS due_in_ms
FROM renewals
WHERE due_at IS NOT NULL
