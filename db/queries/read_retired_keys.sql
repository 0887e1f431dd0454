SELECT account, key_uri, algorithm, thumbprint, key_label, since, retire_time, destroy_time
FROM retired_account_keys
WHERE account = ANY ($1::text[])
ORDER BY retire_time DESC
