SELECT id, kind, agent, certificate_id, request_id, issuer, account, fallbacks, profile,
       (SELECT certificates.profile FROM certificates WHERE certificates.id = certificate_id) AS wanted_profile, profile_required, names,
       csr_der, agent_challenges, attempt, failed_challenges, replaces,
       policy_version, policy_rule, create_time, state, held_by, order_url, finalize_url,
       certificate_url, expires, polls, failures, failure_reason, failure_detail,
       failure_retry_after_s, failure_violations, fence, state_time,
       CASE WHEN lease_until IS NULL THEN next_attempt_at END AS next_attempt_at, end_time
FROM orders
WHERE id = ANY ($1::uuid[])
