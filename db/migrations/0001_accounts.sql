-- Accounts at certificate authorities, and the ledger of requests that makes every mutation happen
-- once.
--
-- Rules for all migrations: a file that has been released is never edited (its checksum is kept);
-- times are the database's own (clock_timestamp()); every CHECK is named after its rule, because
-- the name is what an operator sees first.

CREATE TABLE accounts (
  name text PRIMARY KEY,                  -- "issuers/{issuer}/accounts/{account}"
  position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,  -- order of creation, for pages
  issuer text NOT NULL,
  directory_url text NOT NULL,            -- of the CA at which the account lives
  key_uri text NOT NULL,                  -- PKCS#11 URI (RFC 7512) of the key
  algorithm text NOT NULL,
  thumbprint text NOT NULL,               -- RFC 7638; pins the key
  contacts text[] NOT NULL,
  terms_of_service_agreed boolean NOT NULL,
  state text NOT NULL DEFAULT 'PENDING',
  account_url text,                       -- the CA's; the kid
  failures integer NOT NULL DEFAULT 0,    -- transient failures in a row
  failure_reason text,                    -- FAILED: why; else the last transient failure
  failure_detail text,
  failure_retry_after_s bigint,
  failure_violations text[],              -- subject, reason, description, subject, …
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),

  fence bigint NOT NULL DEFAULT 0,        -- rises with every lease; only its holder may write
  lease_owner text,                       -- replica, for people
  lease_until timestamptz,                -- null: nobody holds it
  next_attempt_at timestamptz DEFAULT clock_timestamp(),  -- null: nothing to do
  due_at timestamptz GENERATED ALWAYS AS (coalesce(lease_until, next_attempt_at)) STORED,

  CONSTRAINT account_state_is_known CHECK (state IN ('PENDING', 'VALID', 'FAILED')),
  CONSTRAINT valid_account_has_url CHECK (state <> 'VALID' OR account_url IS NOT NULL),
  CONSTRAINT only_pending_account_is_due CHECK (state = 'PENDING' OR due_at IS NULL),
  CONSTRAINT account_key_uri_holds_no_pin CHECK (key_uri NOT ILIKE '%pin-%'),
  CONSTRAINT account_failure_is_whole CHECK ((failure_reason IS NULL) = (failure_detail IS NULL))
);
CREATE INDEX accounts_due ON accounts (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE accounts IS 'ACME accounts; the row is written before the CA hears of the account';
COMMENT ON COLUMN accounts.key_uri IS 'PKCS#11 URI without PIN; the key never leaves its token';
COMMENT ON COLUMN accounts.thumbprint IS 'RFC 7638, base64url; another key under the URI is refused';

-- At most one row per (caller, request id): I1.
CREATE TABLE requests (
  caller text NOT NULL,
  request_id uuid NOT NULL,
  method text NOT NULL,                   -- "IssueCertificate"
  body_sha256 bytea NOT NULL,             -- of the request's canonical octets
  resource text NOT NULL,                 -- id or name of what the first call made or changed
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (caller, request_id)
);
COMMENT ON TABLE requests IS
  'Mutations that were accepted; the same request id answers with the same resource';
