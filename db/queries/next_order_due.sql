-- Null: nothing is waiting. A leased order counts with the end of its lease: its holder may die.
SELECT ceil(extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::bigint AS due_in_ms
FROM orders
WHERE due_at IS NOT NULL
