-- What was signed and sent to a CA, written before it was sent, and what came back.

CREATE TABLE intents (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id uuid REFERENCES orders,        -- exactly one of the two is set
  revocation_id uuid REFERENCES revocations,
  fence bigint NOT NULL,                  -- the lease under which it was signed
  action text NOT NULL,                   -- ACME's word: newOrder, finalize, …
  url text NOT NULL,
  jws text NOT NULL,                      -- the body, byte for byte: what a successor sends again
  jws_sha256 bytea NOT NULL,
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  settle_time timestamptz,                -- null: the outcome is not known to the order yet
  CONSTRAINT intent_has_one_subject CHECK (num_nonnulls(order_id, revocation_id) = 1),
  CONSTRAINT intent_action_is_known CHECK (action IN (
    'newAccount', 'newOrder', 'postAsGet', 'challenge', 'finalize', 'revokeCert')),
  -- The proof of a COMMIT in doubt: the same bytes are one intent.
  CONSTRAINT intent_of_an_order_is_recorded_once UNIQUE (order_id, jws_sha256),
  CONSTRAINT intent_of_a_revocation_is_recorded_once UNIQUE (revocation_id, jws_sha256)
);
CREATE INDEX intents_unsettled_of_order ON intents (order_id, id) WHERE settle_time IS NULL;
CREATE INDEX intents_unsettled_of_revocation ON intents (revocation_id, id)
  WHERE settle_time IS NULL;
COMMENT ON TABLE intents IS 'Signed requests, on record before they are sent (I2, I4)';
CREATE TRIGGER intents_are_never_deleted BEFORE DELETE ON intents
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER intents_keep_their_bytes
  BEFORE UPDATE OF id, order_id, revocation_id, fence, action, url, jws, jws_sha256, create_time
  ON intents FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Not fenced: what a late holder learned is still true.
CREATE TABLE facts (
  intent_id bigint PRIMARY KEY REFERENCES intents,  -- one answer per intent; the first one stands
  http_status integer NOT NULL,
  location bytea NOT NULL,                -- octets: a CA's header is not text until it is checked
  body bytea NOT NULL,
  create_time timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE facts IS 'Answers to intents; append-only and not fenced';
CREATE TRIGGER facts_are_append_only BEFORE UPDATE OR DELETE ON facts
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
