-- Roll-over of account keys (RFC 8555 §7.3.5).

ALTER TABLE accounts
  ADD key_label text NOT NULL DEFAULT '',  -- CKA_LABEL when the key was chosen; empty: not known
  ADD key_since timestamptz NOT NULL DEFAULT clock_timestamp(),  -- since when the key is this one
  ADD change_time timestamptz,             -- since when `change` is on record
  ADD wanted_key_uri text,                 -- with KEY, as the three below
  ADD wanted_algorithm text,
  ADD wanted_thumbprint text,
  ADD wanted_key_label text,
  DROP CONSTRAINT account_change_is_known,
  ADD CONSTRAINT account_change_is_known
    CHECK (change IN ('NONE', 'CONTACTS', 'DEACTIVATION', 'KEY')),
  ADD CONSTRAINT wanted_key_is_whole
    CHECK (num_nonnulls(wanted_key_uri, wanted_algorithm, wanted_thumbprint, wanted_key_label)
           = CASE change WHEN 'KEY' THEN 4 ELSE 0 END),
  ADD CONSTRAINT wanted_key_is_another CHECK (wanted_thumbprint <> thumbprint),
  ADD CONSTRAINT wanted_key_uri_holds_no_pin CHECK (wanted_key_uri !~* '[?\&]pin-(value|source)');
UPDATE accounts SET key_since = create_time;
-- One key, one account.
CREATE UNIQUE INDEX key_is_wanted_once ON accounts (wanted_thumbprint)
  WHERE wanted_thumbprint IS NOT NULL;
CREATE INDEX accounts_of_key ON accounts (thumbprint);

-- Keys that were an account's. They stay here for ever; in the token until an operator destroys them.
CREATE TABLE retired_account_keys (
  account text NOT NULL REFERENCES accounts,
  thumbprint text NOT NULL,               -- RFC 7638
  key_uri text NOT NULL,                  -- PKCS#11 URI without PIN
  algorithm text NOT NULL,
  key_label text NOT NULL,
  since timestamptz NOT NULL,             -- it was the account's from then
  retire_time timestamptz NOT NULL,       -- until then: the CA takes its successor only
  destroy_time timestamptz NOT NULL,      -- from when nobody needs it any more
  PRIMARY KEY (account, thumbprint),
  CONSTRAINT retired_key_uri_holds_no_pin CHECK (key_uri !~* '[?\&]pin-(value|source)'),
  CONSTRAINT retired_key_was_live CHECK (since <= retire_time AND retire_time <= destroy_time)
);
CREATE INDEX retired_keys_by_thumbprint ON retired_account_keys (thumbprint);
COMMENT ON TABLE retired_account_keys IS 'Account keys that have been rolled over; append-only';
CREATE TRIGGER retired_account_keys_are_append_only BEFORE UPDATE OR DELETE ON retired_account_keys
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Whose challenges are made for the present key: a roll-over waits for them.
CREATE INDEX orders_in_proof ON orders (account)
  WHERE state IN ('PRESENTING', 'PROPAGATING', 'VALIDATING');

-- A token may have "pin-" in its label.
ALTER TABLE accounts
  DROP CONSTRAINT account_key_uri_holds_no_pin,
  ADD CONSTRAINT account_key_uri_holds_no_pin CHECK (key_uri !~* '[?&]pin-(value|source)');
