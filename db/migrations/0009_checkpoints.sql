-- Signed statements of how far the ledger of key uses had come: whoever writes its past anew cannot
-- make them fit.
CREATE TABLE checkpoints (
  number bigint PRIMARY KEY REFERENCES key_uses,  -- of the last record
  sha256 bytea NOT NULL,                  -- its hash
  thumbprint text NOT NULL,               -- RFC 7638, of the key that signed
  jws text NOT NULL,                      -- compact (RFC 7515 §3.1)
  create_time timestamptz NOT NULL
);
CREATE INDEX checkpoints_by_time ON checkpoints (create_time);
COMMENT ON TABLE checkpoints IS 'Signed heads of the chain in key_uses';
CREATE TRIGGER checkpoints_are_append_only BEFORE UPDATE OR DELETE ON checkpoints
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoints_are_never_emptied BEFORE TRUNCATE ON checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
