-- Agents, the tokens that they join with, and the CAs that make their identities.

CREATE SEQUENCE identity_numbers AS bigint;
COMMENT ON SEQUENCE identity_numbers IS
  'Of identity certificates: rises with every one, whichever agent it is for';

-- A removed agent leaves its row behind, so that what it had is refused when it has joined again.
CREATE TABLE agents (
  id text COLLATE "C" PRIMARY KEY,        -- "spiffe://{trust domain}/agent/{name}"
  state text NOT NULL DEFAULT 'ACTIVE',
  ban_reason text NOT NULL DEFAULT '',    -- for people
  removed boolean NOT NULL DEFAULT false,
  used_identity bigint NOT NULL DEFAULT 0,  -- lower ones are refused; 0: none
  identity_expire_time timestamptz,       -- of the newest one issued; null: none since it is there
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),  -- of the present agent of that id
  join_time timestamptz,                  -- of the last token redeemed
  change bigint UNIQUE,                   -- from agent_changes; null: being made, not yet committed
  CONSTRAINT agent_has_an_id CHECK (id <> ''),
  CONSTRAINT agent_state_is_known CHECK (state IN ('ACTIVE', 'BANNED')),
  CONSTRAINT ban_reason_is_of_a_ban CHECK (state = 'BANNED' OR ban_reason = ''),
  CONSTRAINT removed_agent_has_nothing CHECK (
    NOT removed OR (state <> 'BANNED' AND identity_expire_time IS NULL AND join_time IS NULL)),
  CONSTRAINT used_identity_is_a_number CHECK (used_identity >= 0)
);
COMMENT ON TABLE agents IS 'Agents that have joined or are banned; removed ones stay as tombstones';
COMMENT ON COLUMN agents.used_identity IS
  'Newest identity seen in use; of a removed agent a number above all that were issued to it';
CREATE TRIGGER agents_are_never_deleted BEFORE DELETE ON agents
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agents_are_never_emptied BEFORE TRUNCATE ON agents
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER used_identities_never_come_back BEFORE UPDATE OF used_identity ON agents
  FOR EACH ROW WHEN (NEW.used_identity < OLD.used_identity)
  EXECUTE FUNCTION refuse_change();

-- Numbers the changes of what agents may do, in the order in which they are committed: whoever
-- changes something takes the next number last, and keeps the row locked until its commit. So who
-- has seen a number has seen all lower ones. Numbers of a sequence are taken in one order and
-- committed in another: who asks for what came after the highest one it saw would miss a lower one
-- that was committed later.
CREATE TABLE agent_changes (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  last bigint NOT NULL
);
INSERT INTO agent_changes (last) VALUES (0);
COMMENT ON TABLE agent_changes IS 'The last number given to a change of an agent''s standing';
CREATE TRIGGER agent_changes_is_never_deleted BEFORE DELETE ON agent_changes
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agent_changes_only_rise BEFORE UPDATE ON agent_changes
  FOR EACH ROW WHEN (NEW.last <= OLD.last) EXECUTE FUNCTION refuse_change();

CREATE TABLE join_tokens (
  id uuid PRIMARY KEY,
  position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,  -- order of creation, for pages
  agent text COLLATE "C" NOT NULL,        -- whom it lets in; need not be there yet
  secret_sha256 bytea NOT NULL,           -- the secret itself is not stored
  create_time timestamptz NOT NULL,
  expire_time timestamptz NOT NULL,       -- removing the agent brings it forward
  use_time timestamptz,                   -- of the first use; null: nobody has
  used_by_spki_sha256 bytea,              -- the only key that may use it again
  CONSTRAINT join_token_is_for_an_agent CHECK (agent <> ''),
  CONSTRAINT join_token_hashes_are_whole CHECK (
    octet_length(secret_sha256) = 32 AND octet_length(used_by_spki_sha256) = 32),
  CONSTRAINT join_token_use_is_whole CHECK ((use_time IS NULL) = (used_by_spki_sha256 IS NULL)),
  CONSTRAINT join_token_expires_after_it_was_made CHECK (create_time <= expire_time)
);
CREATE INDEX join_tokens_of_agent ON join_tokens (agent);
COMMENT ON TABLE join_tokens IS 'What lets an agent in, once';
CREATE TRIGGER join_tokens_are_used_once
  BEFORE UPDATE OF id, agent, secret_sha256, use_time, used_by_spki_sha256 ON join_tokens
  FOR EACH ROW WHEN (
    OLD.used_by_spki_sha256 IS NOT NULL
    OR (OLD.id, OLD.agent, OLD.secret_sha256) IS DISTINCT FROM (NEW.id, NEW.agent, NEW.secret_sha256))
  EXECUTE FUNCTION refuse_change();

CREATE TABLE agent_cas (
  id uuid PRIMARY KEY,
  position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,  -- order of creation
  state text NOT NULL,
  key_uri text NOT NULL,                  -- PKCS#11 URI without PIN
  certificate bytea NOT NULL,             -- DER, self-signed
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT agent_ca_state_is_known
    CHECK (state IN ('PREPARED', 'ACTIVE', 'RETIRED', 'TAINTED', 'REVOKED')),
  CONSTRAINT agent_ca_key_uri_holds_no_pin CHECK (key_uri !~* '[?&]pin-(value|source)'),
  CONSTRAINT one_key_is_one_agent_ca UNIQUE (key_uri)
);
CREATE UNIQUE INDEX one_agent_ca_is_active ON agent_cas (state) WHERE state = 'ACTIVE';
COMMENT ON TABLE agent_cas IS 'CAs whose keys sign the identities of agents; every one there ever was';
CREATE TRIGGER agent_cas_are_never_deleted BEFORE DELETE ON agent_cas
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER agent_cas_keep_what_they_are BEFORE UPDATE OF id, key_uri, certificate, create_time
  ON agent_cas FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- core/agent.h MayFollow once more.
CREATE FUNCTION refuse_agent_ca_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.state, NEW.state) NOT IN (
      ('PREPARED', 'ACTIVE'), ('PREPARED', 'REVOKED'), ('ACTIVE', 'RETIRED'),
      ('RETIRED', 'TAINTED'), ('RETIRED', 'REVOKED'), ('TAINTED', 'REVOKED')) THEN
    RAISE EXCEPTION 'agent CA % may not go from % to %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER agent_cas_follow_their_states BEFORE UPDATE OF state ON agent_cas
  FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refuse_agent_ca_transition();
