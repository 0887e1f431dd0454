#include "tests/db/pg_harness.h"

#include <utility>

#include "tests/conformance/heard_hints.h"

namespace certbroker::db {

PgHarness::PgHarness(ConnectionPool::Options options)
    : database_(std::move(options)),
      orders_(database_.pool()),
      queue_(database_.pool(), database_.random()),
      board_(database_.pool()),
      challenges_(database_.pool()),
      certificates_(database_.pool()),
      revocations_(database_.pool()),
      renewals_(database_.pool()),
      abandoned_(database_.pool()),
      accounts_(database_.pool()),
      agents_(database_.pool()),
      agent_cas_(database_.pool()) {}

PgHarness::PgHarness(std::unique_ptr<CuttingProxy> proxy)
    : proxy_(std::move(proxy)),
      database_({}, proxy_->directory()),
      orders_(database_.pool()),
      queue_(database_.pool(), database_.random()),
      board_(database_.pool()),
      challenges_(database_.pool()),
      certificates_(database_.pool()),
      revocations_(database_.pool()),
      renewals_(database_.pool()),
      abandoned_(database_.pool()),
      accounts_(database_.pool()),
      agents_(database_.pool()),
      agent_cas_(database_.pool()) {}

PgHarness::~PgHarness() = default;

ChangeFeed& PgHarness::feed() {
  if (feed_ == nullptr) {
    feed_ = std::make_unique<PgChangeFeed>(PgChangeFeed::Options{.conninfo = database_.conninfo()},
                                           database_.clock(), database_.random(), database_.log());
    HeardHints heard;
    const auto subscription = feed_->Subscribe(Channel::kWork, heard.On("connected"));
    EXPECT_TRUE(heard.Hears("connected "));
  }
  return *feed_;
}

// Only the database's clock counts, and it cannot be set: the rows move into the past instead.
void PgHarness::Advance(std::chrono::milliseconds by) {
  const std::string shift = " - interval '" + std::to_string(by.count()) + " ms'";
  std::string sql = "SET session_replication_role = replica;";  // past the append-only triggers
  for (const char* table : {"orders", "order_authorizations", "revocations", "accounts", "renewals",
                            "abandoned_authorizations"}) {
    sql.append("UPDATE ").append(table).append(" SET lease_until = lease_until").append(shift);
    sql.append(", next_attempt_at = next_attempt_at").append(shift).append(";");
  }
  sql += "UPDATE intents SET create_time = create_time" + shift + ";";
  sql += "UPDATE accounts SET change_time = change_time" + shift + ";";
  sql += "UPDATE join_tokens SET create_time = create_time" + shift +
         ", expire_time = expire_time" + shift + ";";
  database_.Run(sql);
}

void PgHarness::BreakFeed() {
  database_.Run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
}

StoreBackend Postgres() {
  return {"Postgres", [] { return std::make_unique<PgHarness>(); }};
}

}  // namespace certbroker::db
