-- Held until the transaction ends. The number is "certbrk" in ASCII.
SELECT pg_advisory_xact_lock(27977564947640939)
