-- The order, its place in the queue and its first event. When another order of the account for the
-- same names is in flight, DO UPDATE locks that order's slot until this transaction ends, so that
-- whoever ends that order afterwards sees this one waiting.
WITH slot AS (
  INSERT INTO order_slots (account, names_sha256, order_id)
  VALUES ($7, sha256(convert_to(array_to_string($9::text[], ' '), 'UTF8')), $1)
  ON CONFLICT (account, names_sha256) DO UPDATE SET order_id = order_slots.order_id
  RETURNING names_sha256, order_id = $1 AS free
), accepted AS (
  INSERT INTO orders (id, kind, agent, certificate_id, request_id, issuer, account, profile, names,
                      names_sha256, csr_der, spki_sha256, policy_version, policy_rule,
                      profile_required, agent_challenges, fallbacks, replaces, held_by, next_attempt_at)
  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, names_sha256, $10, $11, $12, $13,
         $15, $16, $17,
         -- RFC 9773 §5: the newest version, when it is of the same account.
         CASE $2 WHEN 'RENEW' THEN coalesce((
           SELECT CASE WHEN account = $7 THEN renewal_id END
           FROM certificate_versions WHERE certificate_id = $4
           ORDER BY certificate_versions.position DESC LIMIT 1), '') ELSE '' END,
         CASE WHEN free THEN 'NOTHING' ELSE 'SAME_NAMES' END,
         CASE WHEN free THEN clock_timestamp() END
  FROM slot
  RETURNING id, state, held_by
)
INSERT INTO order_events (order_id, state, message)
SELECT id, state,
       CASE held_by WHEN 'SAME_NAMES'
         THEN $14 || ' Waits for an earlier order for the same names.'
         ELSE $14
       END
FROM accepted
