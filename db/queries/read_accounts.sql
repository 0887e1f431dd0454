SELECT name, issuer, directory_url, key_uri, algorithm, thumbprint, key_label, key_since, contacts,
       terms_of_service_agreed, state, change, wanted_contacts, wanted_key_uri, wanted_algorithm,
       wanted_thumbprint, wanted_key_label,
       coalesce(ceil(extract(epoch FROM clock_timestamp() - change_time) * 1000)::bigint, 0)
         AS change_age_ms,
       account_url, failures, failure_reason, failure_detail, failure_retry_after_s,
       failure_violations, create_time, fence
FROM accounts
WHERE name = ANY ($1::text[])
