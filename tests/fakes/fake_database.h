// tests/fakes/fake_database.h: all stores in memory, with the contracts of core/ports.
//
// They pass the conformance suites that Postgres passes (tests/conformance), in a FakeClock's time.
#pragma once

#include "core/clock.h"
#include "core/error.h"
#include "tests/fakes/fake_abandoned_authorizations.h"
#include "tests/fakes/fake_account_store.h"
#include "tests/fakes/fake_agent_ca_store.h"
#include "tests/fakes/fake_agent_store.h"
#include "tests/fakes/fake_certificate_store.h"
#include "tests/fakes/fake_challenge_board.h"
#include "tests/fakes/fake_challenge_queue.h"
#include "tests/fakes/fake_change_feed.h"
#include "tests/fakes/fake_order_queue.h"
#include "tests/fakes/fake_order_store.h"
#include "tests/fakes/fake_renewal_queue.h"
#include "tests/fakes/fake_revocation_queue.h"
#include "tests/fakes/fake_tables.h"

namespace certbroker {

// Thread-safe.
class FakeDatabase {
 public:
  explicit FakeDatabase(const Clock& clock) : tables_(clock, feed_) {}

  OrderStore& orders() { return orders_; }
  OrderQueue& queue() { return queue_; }
  ChallengeBoard& board() { return board_; }
  ChallengeQueue& challenges() { return challenges_; }
  CertificateStore& certificates() { return certificates_; }
  RevocationQueue& revocations() { return revocations_; }
  RenewalQueue& renewals() { return renewals_; }
  AbandonedAuthorizations& abandoned() { return abandoned_; }
  AccountStore& accounts() { return accounts_; }
  AgentStore& agents() { return agents_; }
  AgentCaStore& agent_cas() { return agent_cas_; }
  fakes::FakeChangeFeed& feed() { return feed_; }

  // The next call of any store fails with `error` and does nothing. Several wait in line.
  void FailNext(Error error) { tables_.FailNext(std::move(error)); }
  // The next call that succeeds or fails by itself does what it does, but its caller is told
  // `error`.
  void LoseNextAnswer(Error error) { tables_.LoseNextAnswer(std::move(error)); }
  int calls() const { return tables_.calls(); }

 private:
  fakes::FakeChangeFeed feed_;
  fakes::Tables tables_;
  fakes::FakeOrderStore orders_{tables_};
  fakes::FakeOrderQueue queue_{tables_};
  fakes::FakeChallengeBoard board_{tables_};
  fakes::FakeChallengeQueue challenges_{tables_};
  fakes::FakeCertificateStore certificates_{tables_};
  fakes::FakeRevocationQueue revocations_{tables_};
  fakes::FakeRenewalQueue renewals_{tables_};
  fakes::FakeAbandonedAuthorizations abandoned_{tables_};
  fakes::FakeAccountStore accounts_{tables_};
  fakes::FakeAgentStore agents_{tables_};
  fakes::FakeAgentCaStore agent_cas_{tables_};
};

}  // namespace certbroker
