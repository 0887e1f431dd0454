-- The machine's view of the authorizations, as one array per column. Presentation belongs to the
-- solver: of the machine's words only WANTED (first), SERVING (first: answerable at once) and
-- UNWANTED (while it may be served) count, so that what the solver reported meanwhile is not lost.
-- Another URL is another authorization.
INSERT INTO order_authorizations AS stored
  (order_id, agent, attempt, position, url, name, wildcard, status, expires, challenge_url, token,
   key_authorization, responded, presentation, challenge_type, solver, account)
SELECT $1, $2, $3, position, url, name, wildcard, status, expires, challenge_url, token,
       key_authorization, responded, presentation, challenge_type, solver, $16
FROM unnest($4::text[], $5::text[], $6::boolean[], $7::text[], $8::timestamptz[], $9::text[],
            $10::text[], $11::text[], $12::boolean[], $13::text[], $14::text[], $15::text[])
     WITH ORDINALITY AS given (url, name, wildcard, status, expires, challenge_url, token,
                               key_authorization, responded, presentation, challenge_type, solver,
                               position)
ON CONFLICT (order_id, attempt, position) DO UPDATE SET
  url = excluded.url, name = excluded.name, wildcard = excluded.wildcard,
  status = excluded.status, expires = excluded.expires, challenge_url = excluded.challenge_url,
  token = excluded.token, key_authorization = excluded.key_authorization,
  responded = excluded.responded, challenge_type = excluded.challenge_type,
  solver = excluded.solver,
  presentation = CASE
    WHEN stored.url <> excluded.url THEN excluded.presentation
    WHEN stored.presentation = 'NONE' AND excluded.presentation IN ('WANTED', 'SERVING')
      THEN excluded.presentation
    WHEN stored.presentation IN ('WANTED', 'SPREADING', 'SERVING', 'FAILED')
         AND excluded.presentation = 'UNWANTED' THEN 'UNWANTED'
    ELSE stored.presentation
  END,
  -- What a solver is to do now, it does now.
  next_attempt_at = CASE
    WHEN stored.presentation <> excluded.presentation
         AND excluded.presentation IN ('WANTED', 'UNWANTED') THEN clock_timestamp()
    ELSE stored.next_attempt_at
  END,
  presentation_error = CASE WHEN stored.url <> excluded.url THEN '' ELSE stored.presentation_error END,
  hit_time = CASE WHEN stored.url <> excluded.url THEN NULL ELSE stored.hit_time END
WHERE (stored.url, stored.name, stored.wildcard, stored.status, stored.expires,
       stored.challenge_url, stored.token, stored.key_authorization, stored.responded,
       stored.presentation, stored.challenge_type, stored.solver)
  IS DISTINCT FROM
      (excluded.url, excluded.name, excluded.wildcard, excluded.status, excluded.expires,
       excluded.challenge_url, excluded.token, excluded.key_authorization, excluded.responded,
       excluded.presentation, excluded.challenge_type, excluded.solver)
RETURNING presentation IN ('WANTED', 'UNWANTED') AS to_do, solver = 'agent' AS by_agent
