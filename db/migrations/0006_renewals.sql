-- When each certificate is to be renewed, as its CA or its lifetime says; orders that move on to
-- another issuer.

-- One row per version as long as it is the current one and not revoked; plans of others are kept for
-- people and never due.
CREATE TABLE renewals (
  order_id uuid PRIMARY KEY REFERENCES certificate_versions,  -- the version
  certificate_id uuid NOT NULL REFERENCES certificates,
  source text NOT NULL,                   -- whose window: of the LIFETIME, or the CA's (RFC 9773)
  window_start timestamptz NOT NULL,
  window_end timestamptz NOT NULL,
  chosen timestamptz NOT NULL,            -- drawn once in the window
  explanation_url text NOT NULL,          -- the CA's; empty: none
  failures integer NOT NULL DEFAULT 0,    -- temporary ones in a row, of asking the CA
  ended boolean NOT NULL DEFAULT false,   -- replaced or revoked: the CA is not asked again (RFC 9773 §4.3)

  fence bigint NOT NULL DEFAULT 0,
  lease_owner text,
  lease_until timestamptz,
  next_attempt_at timestamptz,            -- when the CA is asked again; null: never
  due_at timestamptz GENERATED ALWAYS AS (
    CASE WHEN NOT ended THEN coalesce(lease_until, next_attempt_at) END) STORED,

  CONSTRAINT renewal_source_is_known CHECK (source IN ('LIFETIME', 'CA')),
  CONSTRAINT renewal_window_is_one CHECK (window_start < window_end)
);
CREATE INDEX renewals_due ON renewals (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX renewals_of_certificate ON renewals (certificate_id);
COMMENT ON TABLE renewals IS 'When a certificate is to be renewed, and when its CA is asked again';

-- Certificates that were issued before there were plans: by their lifetime (a third of it left, a
-- half below ten days), each at a time of its own, and asked about soon.
INSERT INTO renewals (order_id, certificate_id, source, window_start, window_end, chosen,
                      explanation_url, ended, next_attempt_at)
SELECT v.order_id, v.certificate_id, 'LIFETIME', middle - lifetime / 100, middle + lifetime / 100,
       middle + lifetime / 100 * (2 * random() - 1), '',
       EXISTS (SELECT 1 FROM certificate_versions newer
               WHERE newer.certificate_id = v.certificate_id AND newer.position > v.position)
       OR EXISTS (SELECT 1 FROM revocations
                  WHERE revocations.order_id = v.order_id AND state = 'REVOKED'),
       CASE WHEN v.renewal_id <> '' AND v.not_after > clock_timestamp() THEN clock_timestamp() END
FROM certificate_versions v,
     LATERAL (SELECT greatest(not_after - not_before, interval '1 millisecond') AS lifetime) l,
     LATERAL (SELECT not_after - lifetime / CASE WHEN lifetime < interval '10 days' THEN 2 ELSE 3 END
              AS middle) m;

-- Other issuers that will do: accounts there, in the order in which they are tried.
ALTER TABLE certificates ADD fallback_issuers text[] NOT NULL DEFAULT ARRAY[]::text[];
ALTER TABLE orders ADD fallbacks text[] NOT NULL DEFAULT ARRAY[]::text[];

-- An order that moves on begins again: issuer and account change with `attempt`, never without it.
DROP TRIGGER orders_keep_what_was_asked ON orders;
CREATE TRIGGER orders_keep_what_was_asked
  BEFORE UPDATE OF id, kind, agent, certificate_id, request_id, profile_required,
    names, names_sha256, csr_der, spki_sha256, policy_version, policy_rule, create_time,
    agent_challenges
  ON orders FOR EACH ROW EXECUTE FUNCTION refuse_fixed_column();
CREATE FUNCTION refuse_moving_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'order % is %: it can not move on to another issuer', OLD.id, OLD.state
    USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER orders_move_on_only_to_begin_again BEFORE UPDATE OF issuer, account ON orders
  FOR EACH ROW
  WHEN ((OLD.issuer, OLD.account) IS DISTINCT FROM (NEW.issuer, NEW.account)
        AND (OLD.csr_sent OR NEW.state <> 'QUEUED' OR NEW.attempt <= OLD.attempt
             OR NOT NEW.account = ANY (OLD.fallbacks)))
  EXECUTE FUNCTION refuse_moving_on();

ALTER TABLE intents
  DROP CONSTRAINT intent_action_is_known,
  ADD CONSTRAINT intent_action_is_known CHECK (action IN (
    'newAccount', 'newOrder', 'postAsGet', 'challenge', 'finalize', 'revokeCert', 'account',
    'authorization'));
