-- $1–$3: which, $4: fence, $5: presentation, $6: error, $7: failures, $8: spreads for so many
-- milliseconds at most or null, $9: due again after so many milliseconds. What is not wanted any
-- more does not come back: it is due at once, to be taken down.
UPDATE order_authorizations SET
  presentation = CASE
    WHEN presentation = 'UNWANTED' AND $5 NOT IN ('UNWANTED', 'REMOVED') THEN 'UNWANTED'
    ELSE $5
  END,
  presentation_error = $6,
  failures = $7,
  spread_until = coalesce(spread_until, clock_timestamp() + $8::bigint * interval '1 millisecond'),
  lease_owner = NULL,
  lease_until = NULL,
  next_attempt_at = CASE
    WHEN presentation = 'UNWANTED' AND $5 NOT IN ('UNWANTED', 'REMOVED') THEN clock_timestamp()
    ELSE clock_timestamp() + $9::bigint * interval '1 millisecond'
  END
WHERE order_id = $1 AND attempt = $2 AND position = $3 AND fence = $4 AND lease_until IS NOT NULL
RETURNING presentation
