#include "tests/db/pg_harness.h"

namespace certbroker {

StoreBackend TestedStore() { return db::Postgres(); }

}  // namespace certbroker
