CREATE TABLE IF NOT EXISTS schema_migrations (
  version integer PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  apply_time timestamptz NOT NULL DEFAULT clock_timestamp()
)
