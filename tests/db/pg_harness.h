// tests/db/pg_harness.h: the stores on Postgres, for the conformance suites and for tests of what
// only Postgres can show.
#pragma once

#include <memory>
#include <utility>

#include "db/pg_abandoned_authorizations.h"
#include "db/pg_account_store.h"
#include "db/pg_agent_ca_store.h"
#include "db/pg_agent_store.h"
#include "db/pg_certificate_store.h"
#include "db/pg_challenge_board.h"
#include "db/pg_challenge_queue.h"
#include "db/pg_change_feed.h"
#include "db/pg_order_queue.h"
#include "db/pg_order_store.h"
#include "db/pg_renewal_queue.h"
#include "db/pg_revocation_queue.h"
#include "tests/conformance/store_fixture.h"
#include "tests/db/cutting_proxy.h"
#include "tests/db/pg_database.h"

namespace certbroker::db {

class PgHarness final : public StoreHarness {
 public:
  // Straight to the server.
  explicit PgHarness(ConnectionPool::Options options = {});
  // Through a proxy that can cut what it carries.
  explicit PgHarness(std::unique_ptr<CuttingProxy> proxy);
  ~PgHarness() override;

  OrderStore& orders() override { return orders_; }
  OrderQueue& queue() override { return queue_; }
  ChallengeBoard& board() override { return board_; }
  ChallengeQueue& challenges() override { return challenges_; }
  CertificateStore& certificates() override { return certificates_; }
  RevocationQueue& revocations() override { return revocations_; }
  RenewalQueue& renewals() override { return renewals_; }
  AbandonedAuthorizations& abandoned() override { return abandoned_; }
  AccountStore& accounts() override { return accounts_; }
  AgentStore& agents() override { return agents_; }
  AgentCaStore& agent_cas() override { return agent_cas_; }
  ChangeFeed& feed() override;
  void Advance(std::chrono::milliseconds by) override;
  void BreakFeed() override;

  PgDatabase& database() { return database_; }
  CuttingProxy& proxy() { return *proxy_; }

 private:
  std::unique_ptr<CuttingProxy> proxy_;
  PgDatabase database_;
  PgOrderStore orders_;
  PgOrderQueue queue_;
  PgChallengeBoard board_;
  PgChallengeQueue challenges_;
  PgCertificateStore certificates_;
  PgRevocationQueue revocations_;
  PgRenewalQueue renewals_;
  PgAbandonedAuthorizations abandoned_;
  PgAccountStore accounts_;
  PgAgentStore agents_;
  PgAgentCaStore agent_cas_;
  std::unique_ptr<PgChangeFeed> feed_;
};

StoreBackend Postgres();

// For tests of Postgres alone, with the steps of the conformance suites.
class PgSuite : public StoreSuite {
 protected:
  explicit PgSuite(std::unique_ptr<PgHarness> harness = std::make_unique<PgHarness>())
      : StoreSuite(std::move(harness)) {}
  PgHarness& pg() { return static_cast<PgHarness&>(harness()); }
  PgDatabase& database() { return pg().database(); }
  // The first column of the first row.
  std::string Ask(const std::string& sql) { return database().Run(sql).at(0); }
};

}  // namespace certbroker::db
