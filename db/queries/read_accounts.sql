SELECT name, issuer, directory_url, key_uri, algorithm, thumbprint, contacts,
       terms_of_service_agreed, state, change, wanted_contacts, account_url, failures, failure_reason, failure_detail,
       failure_retry_after_s, failure_violations, create_time, fence
FROM accounts
WHERE name = ANY ($1::text[])
