-- Newest first. The revocation's columns are null where nobody asked for one.
SELECT certificate_id, certificate_versions.order_id, account, serial, subject, issuer_name, names,
       not_before, not_after, sha256, spki_sha256, chain_pem, renewal_id,
       revocations.id AS revocation_id, state, reason, requested_by, request_time, revoke_time,
       failure_reason, failure_detail, failure_retry_after_s, failure_violations
FROM certificate_versions
     LEFT JOIN revocations ON revocations.order_id = certificate_versions.order_id
WHERE certificate_id = ANY ($1::uuid[])
ORDER BY position DESC
