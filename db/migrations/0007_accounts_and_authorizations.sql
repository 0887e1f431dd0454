-- Changes of accounts that the CA has to hear of, and authorizations that nobody will use any more.

-- What an operator wants of a VALID account, until the CA has confirmed it.
ALTER TABLE accounts
  ADD change text NOT NULL DEFAULT 'NONE',
  ADD wanted_contacts text[] NOT NULL DEFAULT ARRAY[]::text[],  -- with CONTACTS
  DROP CONSTRAINT account_state_is_known,
  ADD CONSTRAINT account_state_is_known
    CHECK (state IN ('PENDING', 'VALID', 'FAILED', 'DEACTIVATED')),
  ADD CONSTRAINT account_change_is_known CHECK (change IN ('NONE', 'CONTACTS', 'DEACTIVATION')),
  ADD CONSTRAINT only_valid_account_is_changed CHECK (change = 'NONE' OR state = 'VALID'),
  DROP CONSTRAINT valid_account_has_url,
  ADD CONSTRAINT valid_account_has_url
    CHECK (state NOT IN ('VALID', 'DEACTIVATED') OR account_url IS NOT NULL),
  DROP CONSTRAINT only_pending_account_is_due,
  ADD CONSTRAINT only_account_with_work_is_due
    CHECK (state = 'PENDING' OR change <> 'NONE' OR due_at IS NULL);
CREATE FUNCTION refuse_reactivation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'account %: DEACTIVATED is never left (RFC 8555 §7.3.6)', OLD.name
    USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER deactivated_is_never_left BEFORE UPDATE OF state ON accounts
  FOR EACH ROW WHEN (OLD.state = 'DEACTIVATED' AND NEW.state <> 'DEACTIVATED')
  EXECUTE FUNCTION refuse_reactivation();

-- Whose an authorization is: an order may have moved on to another account since. Null: of before.
ALTER TABLE order_authorizations ADD account text;

-- Pending authorizations of orders that were given up, to be deactivated (RFC 8555 §7.5.2): they count
-- against the account's limit at the CA until then.
CREATE TABLE abandoned_authorizations (
  order_id uuid NOT NULL,
  attempt integer NOT NULL,
  position integer NOT NULL,
  account text NOT NULL,
  url text NOT NULL,
  failures integer NOT NULL DEFAULT 0,
  outcome text NOT NULL DEFAULT '',       -- empty: to do. For people: what became of it
  fence bigint NOT NULL DEFAULT 0,
  lease_owner text,
  lease_until timestamptz,
  -- Not at once: CAs hand the same pending order to who asks for the same names again.
  next_attempt_at timestamptz DEFAULT clock_timestamp() + interval '10 seconds',
  due_at timestamptz GENERATED ALWAYS AS (
    CASE WHEN outcome = '' THEN coalesce(lease_until, next_attempt_at) END) STORED,
  PRIMARY KEY (order_id, attempt, position),
  FOREIGN KEY (order_id, attempt, position) REFERENCES order_authorizations
);
CREATE INDEX abandoned_authorizations_due ON abandoned_authorizations (due_at)
  WHERE due_at IS NOT NULL;
CREATE INDEX authorizations_of_url ON order_authorizations (url);
CREATE INDEX orders_being_placed ON orders (account) WHERE state IN ('QUEUED', 'PLACED');
COMMENT ON TABLE abandoned_authorizations IS
  'Pending authorizations of orders that were given up, to be deactivated at the CA';
