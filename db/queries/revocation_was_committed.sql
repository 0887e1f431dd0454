-- Whether the holder of this fence has written this state already: a COMMIT in doubt that went well.
SELECT certificate_id
FROM revocations JOIN certificate_versions ON certificate_versions.order_id = revocations.order_id
WHERE revocations.id = $1 AND fence = $2 AND state = $3
