-- Newest first. The revocation's columns are null where nobody asked for one, the plan's (from `source`
-- on) where the version has been replaced or revoked.
SELECT certificate_versions.certificate_id, certificate_versions.order_id, account, serial, subject, issuer_name, names,
       not_before, not_after, sha256, spki_sha256, chain_pem, renewal_id,
       revocations.id AS revocation_id, state, reason, requested_by, request_time, revoke_time,
       failure_reason, failure_detail, failure_retry_after_s, failure_violations,
       source, window_start, window_end, chosen, explanation_url,
       renewals.failures AS renewal_failures, renewals.next_attempt_at AS next_poll
FROM certificate_versions
     LEFT JOIN revocations ON revocations.order_id = certificate_versions.order_id
     LEFT JOIN renewals ON renewals.order_id = certificate_versions.order_id AND NOT ended
WHERE certificate_versions.certificate_id = ANY ($1::uuid[])
ORDER BY position DESC
