-- Every type of challenge, solvers of the service's own, and orders that begin again with another
-- challenge when one has failed.

ALTER TABLE orders
  ADD agent_challenges text[] NOT NULL DEFAULT ARRAY['http-01'],  -- that the agent can serve itself
  ADD profile_required boolean NOT NULL DEFAULT true,  -- false: the CA's default will do
  ADD attempt integer NOT NULL DEFAULT 0,       -- how often it has begun again at the CA
  ADD failed_challenges text[] NOT NULL DEFAULT ARRAY[]::text[],  -- "type solver name": not tried again
  ADD replaces text NOT NULL DEFAULT '';        -- RFC 9773 §5; empty: none
ALTER TABLE orders
  DROP CONSTRAINT order_held_by_is_known,
  ADD CONSTRAINT order_held_by_is_known CHECK (held_by IN (
    'NOTHING', 'CA_LIMIT', 'CA_UNAVAILABLE', 'CA_POLLING', 'AGENT', 'SOLVER', 'HSM', 'SAME_NAMES',
    'ACCOUNT'));

-- core/order_state.h MayFollow once more: back to QUEUED for another attempt, as long as no CSR has
-- been sent.
CREATE OR REPLACE FUNCTION refuse_order_transition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  way constant text[] := ARRAY['QUEUED', 'PLACED', 'PRESENTING', 'PROPAGATING', 'VALIDATING',
                               'READY', 'FINALIZING', 'DOWNLOADING', 'ISSUED'];
  forward constant boolean := array_position(way, NEW.state) > array_position(way, OLD.state);
BEGIN
  IF OLD.state IN ('ISSUED', 'FAILED', 'CANCELLED') THEN
    RAISE EXCEPTION 'order % is %: a terminal state is never left', OLD.id, OLD.state
      USING ERRCODE = 'check_violation';
  ELSIF NEW.state = 'CANCELLED' AND OLD.state IN ('FINALIZING', 'DOWNLOADING') THEN
    RAISE EXCEPTION 'order % is %: it can no longer be cancelled', OLD.id, OLD.state
      USING ERRCODE = 'check_violation';
  ELSIF NEW.state = 'QUEUED' AND (OLD.csr_sent OR OLD.state IN ('FINALIZING', 'DOWNLOADING')
                                  OR NEW.attempt <= OLD.attempt) THEN
    RAISE EXCEPTION 'order % is %: it can no longer begin again', OLD.id, OLD.state
      USING ERRCODE = 'check_violation';
  ELSIF NEW.state NOT IN ('FAILED', 'CANCELLED', 'QUEUED') AND NOT forward THEN
    RAISE EXCEPTION 'order % may not go back from % to %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- The profile moves: one that is not required gives way to the CA's default.
DROP TRIGGER orders_keep_what_was_asked ON orders;
CREATE TRIGGER orders_keep_what_was_asked
  BEFORE UPDATE OF id, kind, agent, certificate_id, request_id, issuer, account, profile_required,
    names, names_sha256, csr_der, spki_sha256, policy_version, policy_rule, create_time,
    agent_challenges
  ON orders FOR EACH ROW EXECUTE FUNCTION refuse_fixed_column();

-- The rows of earlier attempts stay until their solvers have taken down what they put up.
ALTER TABLE order_authorizations
  ADD attempt integer NOT NULL DEFAULT 0,
  ADD challenge_type text NOT NULL DEFAULT 'http-01',
  ADD solver text NOT NULL DEFAULT 'agent',
  -- Work of the service's own solvers. The agent is told by its session and needs none of this.
  ADD fence bigint NOT NULL DEFAULT 0,
  ADD failures integer NOT NULL DEFAULT 0,      -- of the solver, in a row
  ADD lease_owner text,
  ADD lease_until timestamptz,
  ADD next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ADD spread_until timestamptz,                 -- SPREADING: when waiting for it ends
  ADD due_at timestamptz GENERATED ALWAYS AS (
    CASE WHEN solver <> 'agent' AND presentation IN ('WANTED', 'SPREADING', 'UNWANTED')
      THEN coalesce(lease_until, next_attempt_at)
    END) STORED;
ALTER TABLE order_authorizations
  DROP CONSTRAINT order_authorizations_pkey,
  ADD PRIMARY KEY (order_id, attempt, position),
  DROP CONSTRAINT presentation_is_known,
  ADD CONSTRAINT presentation_is_known CHECK (presentation IN (
    'NONE', 'WANTED', 'SPREADING', 'SERVING', 'FAILED', 'UNWANTED', 'REMOVED')),
  DROP CONSTRAINT presented_challenge_is_whole,
  ADD CONSTRAINT presented_challenge_is_whole
    CHECK (presentation = 'NONE' OR challenge_type = 'dns-persist-01'
           OR (name IS NOT NULL AND token <> '' AND key_authorization <> '')),
  ADD CONSTRAINT challenge_type_is_known CHECK (challenge_type IN (
    'http-01', 'dns-01', 'tls-alpn-01', 'dns-account-01', 'dns-persist-01'));
DROP INDEX authorizations_to_do;
CREATE INDEX authorizations_to_do ON order_authorizations (agent)
  WHERE presentation IN ('WANTED', 'UNWANTED') AND solver = 'agent';
-- Solvers' work that is due, soonest first.
CREATE INDEX challenges_due ON order_authorizations (due_at) WHERE due_at IS NOT NULL;
-- The responder looks for a token that somebody asks for over HTTP.
CREATE INDEX challenges_of_the_responder ON order_authorizations (token)
  WHERE solver = 'responder' AND presentation IN ('WANTED', 'SERVING');

-- RFC 9773 §4.1; empty: the certificate names no authority key.
ALTER TABLE certificate_versions ADD renewal_id text NOT NULL DEFAULT '';
