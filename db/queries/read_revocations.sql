SELECT revocations.id AS revocation_id, revocations.state, reason, requested_by, request_time,
       revoke_time, revocations.failures, revocations.failure_reason, revocations.failure_detail,
       revocations.failure_retry_after_s, revocations.failure_violations, revocations.fence,
       certificate_versions.certificate_id, orders.issuer, certificate_versions.account, chain_pem
FROM revocations
     JOIN certificate_versions ON certificate_versions.order_id = revocations.order_id
     JOIN orders ON orders.id = revocations.order_id
WHERE revocations.id = ANY ($1::uuid[])
