-- Certificates as a CA issued them, and what became of them.

CREATE TABLE certificate_versions (
  order_id uuid PRIMARY KEY REFERENCES orders,  -- at most one certificate per order (I3)
  certificate_id uuid NOT NULL REFERENCES certificates,
  position bigint GENERATED ALWAYS AS IDENTITY,  -- order of arrival; the newest is the current one
  account text NOT NULL REFERENCES accounts,
  serial text NOT NULL,                   -- lower-case hex
  subject text NOT NULL,
  issuer_name text NOT NULL,
  names text[] NOT NULL,
  not_before timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  sha256 bytea NOT NULL UNIQUE,           -- of the leaf's DER
  spki_sha256 bytea NOT NULL,             -- of its key
  chain_pem text NOT NULL,                -- leaf first
  create_time timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX versions_of_certificate ON certificate_versions (certificate_id, position DESC);
CREATE TRIGGER versions_are_append_only BEFORE UPDATE OR DELETE ON certificate_versions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE revocations (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL UNIQUE REFERENCES certificate_versions,  -- the version to revoke
  state text NOT NULL DEFAULT 'REVOKE_REQUESTED',
  reason integer NOT NULL,                -- RFC 5280 §5.3.1
  requested_by text NOT NULL,             -- identity of who asked (last, if it failed and was asked again)
  request_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  revoke_time timestamptz,                -- when the CA confirmed
  failures integer NOT NULL DEFAULT 0,
  failure_reason text,
  failure_detail text,
  failure_retry_after_s bigint,
  failure_violations text[],

  fence bigint NOT NULL DEFAULT 0,
  lease_owner text,
  lease_until timestamptz,
  next_attempt_at timestamptz DEFAULT clock_timestamp(),
  due_at timestamptz GENERATED ALWAYS AS (coalesce(lease_until, next_attempt_at)) STORED,

  CONSTRAINT revocation_state_is_known
    CHECK (state IN ('REVOKE_REQUESTED', 'REVOKED', 'REVOKE_FAILED')),
  CONSTRAINT revocation_reason_is_a_subscribers CHECK (reason IN (0, 1, 3, 4, 5)),
  CONSTRAINT revoked_has_its_time CHECK ((revoke_time IS NOT NULL) = (state = 'REVOKED')),
  CONSTRAINT only_requested_revocation_is_due
    CHECK ((state = 'REVOKE_REQUESTED') = (due_at IS NOT NULL)),
  CONSTRAINT failed_revocation_says_why
    CHECK (state <> 'REVOKE_FAILED' OR failure_reason IS NOT NULL),
  CONSTRAINT revocation_failure_is_whole CHECK ((failure_reason IS NULL) = (failure_detail IS NULL))
);
CREATE INDEX revocations_due ON revocations (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE revocations IS 'Never REVOKED before the CA confirmed (I17)';

CREATE FUNCTION refuse_unrevoking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'revocation %: REVOKED is never left', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER revoked_is_never_left BEFORE UPDATE OF state ON revocations
  FOR EACH ROW WHEN (OLD.state = 'REVOKED' AND NEW.state <> 'REVOKED')
  EXECUTE FUNCTION refuse_unrevoking();
