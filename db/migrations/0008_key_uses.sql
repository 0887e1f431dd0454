-- The ledger of key uses: every signature with an account key, on record before it is made.

CREATE TABLE key_uses (
  number bigint PRIMARY KEY,              -- 1, 2, 3, … without a gap
  create_time timestamptz NOT NULL,
  replica text NOT NULL,                  -- who asked for the signature
  purpose text NOT NULL,                  -- ACME's word; keyProof: a test signature
  url text NOT NULL,                      -- of the request; empty for keyProof
  account_url text NOT NULL,              -- the kid; empty where the JWS carries the key
  key_uri text NOT NULL,
  thumbprint text NOT NULL,               -- RFC 7638, of the key
  subject text NOT NULL,                  -- orders/…, revocations/…, issuers/…/accounts/…
  agent text NOT NULL,                    -- on whose behalf; empty: nobody's
  request_id text NOT NULL,
  input_sha256 bytea NOT NULL,            -- of the JWS signing input (RFC 7515 §5.1)
  previous_sha256 bytea NOT NULL,         -- of the record before; zeros for the first
  sha256 bytea NOT NULL UNIQUE,           -- of this record: core/key_use.h says of which octets
  CONSTRAINT key_use_purpose_is_known CHECK (purpose IN (
    'newAccount', 'newOrder', 'postAsGet', 'challenge', 'finalize', 'revokeCert', 'account',
    'authorization', 'keyChange', 'keyProof')),
  CONSTRAINT key_use_number_is_positive CHECK (number > 0),
  CONSTRAINT key_use_hashes_are_whole CHECK (
    octet_length(input_sha256) = 32 AND octet_length(previous_sha256) = 32
    AND octet_length(sha256) = 32),
  CONSTRAINT key_use_holds_no_pin CHECK (key_uri !~* '[?&]pin-(value|source)'),
  -- One chain: nothing is put in beside what is there.
  CONSTRAINT key_use_has_one_successor UNIQUE (previous_sha256)
);
CREATE INDEX key_uses_of_subject ON key_uses (subject, number);
CREATE INDEX key_uses_of_agent ON key_uses (agent, number) WHERE agent <> '';
CREATE INDEX key_uses_of_key ON key_uses (thumbprint, number);
COMMENT ON TABLE key_uses IS
  'Every use of an account key, recorded before the signature is made; a hash chain';
CREATE TRIGGER key_uses_are_append_only BEFORE UPDATE OR DELETE ON key_uses
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER key_uses_are_never_emptied BEFORE TRUNCATE ON key_uses
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The end of the chain: one row, locked by whoever appends.
CREATE TABLE key_use_head (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  number bigint NOT NULL,
  sha256 bytea NOT NULL
);
INSERT INTO key_use_head (number, sha256) VALUES (0, decode(repeat('00', 32), 'hex'));
COMMENT ON TABLE key_use_head IS 'The last record of key_uses; whoever appends locks it first';
CREATE TRIGGER key_use_head_is_never_deleted BEFORE DELETE ON key_use_head
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
