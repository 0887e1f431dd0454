-- The machine's view of the authorizations, as one array per column. Presentation belongs to the
-- agent: of the machine's words only WANTED (first) and UNWANTED (while it may be served) count, so
-- that what the agent reported meanwhile is not lost. Another URL is another authorization.
INSERT INTO order_authorizations AS stored
  (order_id, agent, position, url, name, wildcard, status, expires, challenge_url, token,
   key_authorization, responded, presentation)
SELECT $1, $2, position, url, name, wildcard, status, expires, challenge_url, token,
       key_authorization, responded, presentation
FROM unnest($3::text[], $4::text[], $5::boolean[], $6::text[], $7::timestamptz[], $8::text[],
            $9::text[], $10::text[], $11::boolean[], $12::text[])
     WITH ORDINALITY AS given (url, name, wildcard, status, expires, challenge_url, token,
                               key_authorization, responded, presentation, position)
ON CONFLICT (order_id, position) DO UPDATE SET
  url = excluded.url, name = excluded.name, wildcard = excluded.wildcard,
  status = excluded.status, expires = excluded.expires, challenge_url = excluded.challenge_url,
  token = excluded.token, key_authorization = excluded.key_authorization,
  responded = excluded.responded,
  presentation = CASE
    WHEN stored.url <> excluded.url THEN excluded.presentation
    WHEN stored.presentation = 'NONE' AND excluded.presentation = 'WANTED' THEN 'WANTED'
    WHEN stored.presentation IN ('WANTED', 'SERVING', 'FAILED')
         AND excluded.presentation = 'UNWANTED' THEN 'UNWANTED'
    ELSE stored.presentation
  END,
  presentation_error = CASE WHEN stored.url <> excluded.url THEN '' ELSE stored.presentation_error END,
  hit_time = CASE WHEN stored.url <> excluded.url THEN NULL ELSE stored.hit_time END
WHERE (stored.url, stored.name, stored.wildcard, stored.status, stored.expires,
       stored.challenge_url, stored.token, stored.key_authorization, stored.responded,
       stored.presentation)
  IS DISTINCT FROM
      (excluded.url, excluded.name, excluded.wildcard, excluded.status, excluded.expires,
       excluded.challenge_url, excluded.token, excluded.key_authorization, excluded.responded,
       excluded.presentation)
RETURNING presentation IN ('WANTED', 'UNWANTED') AS to_do
