#include "db/pg_account_store.h"
#include "db/pg_certificate_store.h"
#include "db/pg_challenge_board.h"
#include "db/pg_change_feed.h"
#include "db/pg_order_queue.h"
#include "db/pg_order_store.h"
#include "db/pg_revocation_queue.h"
#include "tests/conformance/account_store_suite.h"
#include "tests/conformance/certificate_store_suite.h"
#include "tests/conformance/challenge_board_suite.h"
#include "tests/conformance/change_feed_suite.h"
#include "tests/conformance/order_queue_suite.h"
#include "tests/conformance/order_store_suite.h"
#include "tests/conformance/revocation_queue_suite.h"
#include "tests/db/pg_database.h"

namespace certbroker::db {
namespace {

class PgHarness final : public StoreHarness {
 public:
  OrderStore& orders() override { return orders_; }
  OrderQueue& queue() override { return queue_; }
  ChallengeBoard& board() override { return board_; }
  CertificateStore& certificates() override { return certificates_; }
  RevocationQueue& revocations() override { return revocations_; }
  AccountStore& accounts() override { return accounts_; }

  ChangeFeed& feed() override {
    if (feed_ == nullptr) {
      feed_ =
          std::make_unique<PgChangeFeed>(PgChangeFeed::Options{.conninfo = database_.conninfo()},
                                         database_.clock(), database_.random(), database_.log());
      HeardHints heard;
      const auto subscription = feed_->Subscribe(Channel::kWork, heard.On("connected"));
      EXPECT_TRUE(heard.Hears("connected "));
    }
    return *feed_;
  }

  // Only the database's clock counts, and it cannot be set: the rows move into the past instead.
  void Advance(std::chrono::milliseconds by) override {
    const std::string shift = " - interval '" + std::to_string(by.count()) + " ms'";
    std::string sql = "SET session_replication_role = replica;";  // past the append-only triggers
    for (const char* table : {"orders", "revocations", "accounts"}) {
      sql += "UPDATE " + std::string(table) + " SET lease_until = lease_until" + shift +
             ", next_attempt_at = next_attempt_at" + shift + ";";
    }
    sql += "UPDATE intents SET create_time = create_time" + shift + ";";
    database_.Run(sql);
  }

  void BreakFeed() override {
    database_.Run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
  }

 private:
  PgDatabase database_;
  PgOrderStore orders_{database_.pool()};
  PgOrderQueue queue_{database_.pool(), database_.random()};
  PgChallengeBoard board_{database_.pool()};
  PgCertificateStore certificates_{database_.pool()};
  PgRevocationQueue revocations_{database_.pool()};
  PgAccountStore accounts_{database_.pool()};
  std::unique_ptr<PgChangeFeed> feed_;
};

const StoreBackend kPostgres = {"Postgres", [] { return std::make_unique<PgHarness>(); }};

INSTANTIATE_TEST_SUITE_P(Stores, AccountStoreSuite, ::testing::Values(kPostgres), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, CertificateStoreSuite, ::testing::Values(kPostgres),
                         NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, ChallengeBoardSuite, ::testing::Values(kPostgres), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, ChangeFeedSuite, ::testing::Values(kPostgres), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, OrderQueueSuite, ::testing::Values(kPostgres), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, OrderStoreSuite, ::testing::Values(kPostgres), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, RevocationQueueSuite, ::testing::Values(kPostgres), NameOfBackend);

}  // namespace
}  // namespace certbroker::db
