-- Managed certificates and the orders that fill them. An order in flight is its row: sleeping,
-- backing off and polling are the column next_attempt_at.

CREATE TABLE certificates (
  id uuid PRIMARY KEY,                    -- UUIDv7: sorts by time of creation
  agent text NOT NULL,                    -- identity (URI) of the owner
  issuer text NOT NULL,
  profile text NOT NULL,                  -- ACME profile; empty: the CA's default
  names text[] NOT NULL,                  -- normalised and sorted
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  latest_order_id uuid NOT NULL,
  CONSTRAINT certificate_has_names CHECK (cardinality(names) > 0)
);
CREATE INDEX certificates_of_agent ON certificates (agent, id DESC);
CREATE INDEX certificates_of_name ON certificates USING gin (names);
COMMENT ON TABLE certificates IS 'A name under which an agent''s successive certificates live';

CREATE TABLE orders (
  -- Fixed at creation.
  id uuid PRIMARY KEY,                    -- UUIDv7
  kind text NOT NULL,
  agent text NOT NULL,
  certificate_id uuid NOT NULL REFERENCES certificates,
  request_id uuid NOT NULL,
  issuer text NOT NULL,
  account text NOT NULL REFERENCES accounts,
  profile text NOT NULL,
  names text[] NOT NULL,
  names_sha256 bytea NOT NULL,            -- of the sorted names; with the account, the slot's key
  csr_der bytea NOT NULL,                 -- the only CSR that this order's URL will ever see (I4)
  spki_sha256 bytea NOT NULL,             -- of the CSR's key
  policy_version text NOT NULL,
  policy_rule text NOT NULL,
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),

  -- Moved by the order machine.
  state text NOT NULL DEFAULT 'QUEUED',
  state_time timestamptz NOT NULL DEFAULT clock_timestamp(),  -- since when in this state
  held_by text NOT NULL DEFAULT 'NOTHING',  -- why it does not move now
  order_url text,                         -- of the CA, as the three below
  finalize_url text,
  certificate_url text,
  expires timestamptz,
  polls integer NOT NULL DEFAULT 0,       -- asked in a row while the CA was working
  failures integer NOT NULL DEFAULT 0,    -- transient failures in a row
  failure_reason text,                    -- FAILED: why; else the last transient failure
  failure_detail text,
  failure_retry_after_s bigint,
  failure_violations text[],              -- subject, reason, description, subject, …
  csr_sent boolean NOT NULL DEFAULT false,  -- a finalize request is on record: the CA may have it
  end_time timestamptz,                   -- when it became terminal

  -- Who may write, and when it is due.
  fence bigint NOT NULL DEFAULT 0,        -- rises with every lease; a stale holder changes nothing
  lease_owner text,                       -- replica, for people
  lease_until timestamptz,                -- null: nobody holds it
  next_attempt_at timestamptz,            -- null: terminal, or waiting for its slot
  due_at timestamptz GENERATED ALWAYS AS (coalesce(lease_until, next_attempt_at)) STORED,
  wakeable boolean NOT NULL DEFAULT true,   -- false: the CA named next_attempt_at
  wake_pending boolean NOT NULL DEFAULT false,  -- something happened while it was leased
  last_commit bigint,                     -- random number of the last write: proof of a COMMIT in doubt

  CONSTRAINT order_kind_is_known CHECK (kind IN ('ISSUE', 'RENEW')),
  CONSTRAINT order_has_names CHECK (cardinality(names) > 0),
  CONSTRAINT order_state_is_known CHECK (state IN (
    'QUEUED', 'PLACED', 'PRESENTING', 'PROPAGATING', 'VALIDATING', 'READY', 'FINALIZING',
    'DOWNLOADING', 'ISSUED', 'FAILED', 'CANCELLED')),
  CONSTRAINT order_held_by_is_known CHECK (held_by IN (
    'NOTHING', 'CA_LIMIT', 'CA_UNAVAILABLE', 'CA_POLLING', 'AGENT', 'HSM', 'SAME_NAMES',
    'ACCOUNT')),
  CONSTRAINT order_ends_in_a_terminal_state
    CHECK ((end_time IS NOT NULL) = (state IN ('ISSUED', 'FAILED', 'CANCELLED'))),
  CONSTRAINT failed_order_says_why CHECK (state <> 'FAILED' OR failure_reason IS NOT NULL),
  CONSTRAINT order_failure_is_whole CHECK ((failure_reason IS NULL) = (failure_detail IS NULL)),
  CONSTRAINT terminal_order_is_never_due CHECK (end_time IS NULL OR due_at IS NULL),
  CONSTRAINT unfinished_order_is_due_or_waits_for_its_slot
    CHECK (end_time IS NOT NULL OR due_at IS NOT NULL
           OR (state = 'QUEUED' AND held_by = 'SAME_NAMES'))
);
-- The leaser reads this one only: orders that are not terminal, soonest first.
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_waiting_for_slot ON orders (account, names_sha256, id)
  WHERE due_at IS NULL AND end_time IS NULL;
CREATE INDEX orders_of_agent ON orders (agent, id DESC);
CREATE INDEX orders_of_certificate ON orders (certificate_id, id DESC);
-- An order URL belongs to one order (I5), as long as that order lives, and for ever once a CSR may
-- have been sent to it (I4). An order that ended before gives its URL back: a CA hands out the same
-- pending order again when the same names are asked for again.
CREATE UNIQUE INDEX order_url_belongs_to_one_order ON orders (account, order_url)
  WHERE end_time IS NULL OR csr_sent;
CREATE UNIQUE INDEX certificate_has_one_unfinished_order ON orders (certificate_id)
  WHERE end_time IS NULL;
ALTER TABLE orders SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE certificates ADD CONSTRAINT certificate_latest_order_exists
  FOREIGN KEY (latest_order_id) REFERENCES orders DEFERRABLE INITIALLY DEFERRED;
COMMENT ON TABLE orders IS 'One attempt each to get one certificate; an order in flight is this row';
COMMENT ON COLUMN orders.due_at IS 'When a replica may lease it: lease_until while it is leased';
COMMENT ON COLUMN orders.csr_sent IS 'From here on a certificate may exist and must be fetched (I6)';

-- At most one order per account and set of names is in flight, because CAs hand the same pending
-- order to identical requests. The holder has the row here; others wait without being due, and the
-- slot is passed on in the transaction that ends its holder.
CREATE TABLE order_slots (
  account text NOT NULL,
  names_sha256 bytea NOT NULL,
  order_id uuid NOT NULL UNIQUE REFERENCES orders,
  PRIMARY KEY (account, names_sha256)
);

-- One name's proof of control: the upper half as the CA sees it, the lower half as the agent does.
CREATE TABLE order_authorizations (
  order_id uuid NOT NULL REFERENCES orders,
  position integer NOT NULL,              -- in the CA's list
  agent text NOT NULL,                    -- the order's
  url text NOT NULL,
  name text,                              -- null until the CA's answer has been read; without "*."
  wildcard boolean NOT NULL,
  status text NOT NULL,                   -- RFC 8555 §7.1.6
  expires timestamptz,
  challenge_url text,
  token text NOT NULL,
  key_authorization text NOT NULL,        -- what the agent serves
  responded boolean NOT NULL,             -- the CA has been told to look

  presentation text NOT NULL,             -- WANTED and UNWANTED are the machine's words, the rest the agent's
  presentation_error text NOT NULL DEFAULT '',
  hit_time timestamptz,                   -- when the agent first saw it fetched
  PRIMARY KEY (order_id, position),
  CONSTRAINT authorization_status_is_known CHECK (status IN (
    'unknown', 'pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked')),
  CONSTRAINT presentation_is_known CHECK (presentation IN (
    'NONE', 'WANTED', 'SERVING', 'FAILED', 'UNWANTED', 'REMOVED')),
  CONSTRAINT presented_challenge_is_whole
    CHECK (presentation = 'NONE' OR (name IS NOT NULL AND token <> '' AND key_authorization <> ''))
);
CREATE INDEX authorizations_to_do ON order_authorizations (agent)
  WHERE presentation IN ('WANTED', 'UNWANTED');

-- The history of an order, for people.
CREATE TABLE order_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders,
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text NOT NULL,                    -- after the event
  message text NOT NULL
);
CREATE INDEX events_of_order ON order_events (order_id, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON order_events
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- core/order_state.h MayFollow, as the second line of defence; a test compares the two.
CREATE FUNCTION refuse_order_transition() RETURNS trigger LANGUAGE plpgsql AS $$
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
  ELSIF NEW.state NOT IN ('FAILED', 'CANCELLED') AND NOT forward THEN
    RAISE EXCEPTION 'order % may not go back from % to %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER order_states_go_forward BEFORE UPDATE OF state ON orders
  FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refuse_order_transition();

CREATE FUNCTION refuse_fixed_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'order %: what is fixed at creation never changes', OLD.id
    USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER orders_keep_what_was_asked
  BEFORE UPDATE OF id, kind, agent, certificate_id, request_id, issuer, account, profile, names,
    names_sha256, csr_der, spki_sha256, policy_version, policy_rule, create_time
  ON orders FOR EACH ROW EXECUTE FUNCTION refuse_fixed_column();
