// tests/conformance/store_fixture.h: what the suites of the stores share: a database to run on, and
// the steps that bring an order somewhere.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/ports/abandoned_authorizations.h"
#include "core/ports/account_store.h"
#include "core/ports/agent_ca_store.h"
#include "core/ports/agent_store.h"
#include "core/ports/certificate_store.h"
#include "core/ports/challenge_board.h"
#include "core/ports/challenge_queue.h"
#include "core/ports/change_feed.h"
#include "core/ports/order_queue.h"
#include "core/ports/order_store.h"
#include "core/ports/renewal_queue.h"
#include "core/ports/revocation_queue.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/approvals.h"
#include "tests/support/result_matchers.h"

namespace certbroker {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace): in tests only

// A new, empty database, fake or real.
class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  virtual OrderStore& orders() = 0;
  virtual OrderQueue& queue() = 0;
  virtual ChallengeBoard& board() = 0;
  virtual ChallengeQueue& challenges() = 0;
  virtual CertificateStore& certificates() = 0;
  virtual RevocationQueue& revocations() = 0;
  virtual RenewalQueue& renewals() = 0;
  virtual AbandonedAuthorizations& abandoned() = 0;
  virtual AccountStore& accounts() = 0;
  virtual AgentStore& agents() = 0;
  virtual AgentCaStore& agent_cas() = 0;
  // Ready: what happens after this call is heard.
  virtual ChangeFeed& feed() = 0;
  // As if so much time had passed on the database's clock.
  virtual void Advance(std::chrono::milliseconds by) = 0;
  // The feed loses its connection and gets it back.
  virtual void BreakFeed() = 0;
};

struct StoreBackend {
  std::string name;
  std::function<std::unique_ptr<StoreHarness>()> make;
};
// What the suites run on: each program with the suites in it defines its own.
StoreBackend TestedStore();
// How gtest prints it, instead of its octets.
inline void PrintTo(const StoreBackend& backend, std::ostream* out) { *out << backend.name; }
inline std::string NameOfBackend(const ::testing::TestParamInfo<StoreBackend>& info) {
  return info.param.name;
}

// The value; an error fails the test here.
template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().ToString());
  return *std::move(result);
}
inline void Must(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().ToString());
}

HttpsUrl Url(const std::string& path);  // "https://ca.test" + path
Identifier Name(const std::string& text);

class StoreSuite : public ::testing::TestWithParam<StoreBackend> {
 protected:
  StoreSuite() : StoreSuite(GetParam().make()) {}
  // For tests on one database: TEST_F then, not TEST_P.
  explicit StoreSuite(std::unique_ptr<StoreHarness> harness);

  OrderStore& orders() { return harness_->orders(); }
  OrderQueue& queue() { return harness_->queue(); }
  ChallengeBoard& board() { return harness_->board(); }
  ChallengeQueue& challenges() { return harness_->challenges(); }
  CertificateStore& certificates() { return harness_->certificates(); }
  RevocationQueue& revocations() { return harness_->revocations(); }
  RenewalQueue& renewals() { return harness_->renewals(); }
  AbandonedAuthorizations& abandoned() { return harness_->abandoned(); }
  AccountStore& accounts() { return harness_->accounts(); }
  AgentStore& agents() { return harness_->agents(); }
  AgentCaStore& agent_cas() { return harness_->agent_cas(); }
  ChangeFeed& feed() { return harness_->feed(); }
  StoreHarness& harness() { return *harness_; }
  void Advance(std::chrono::milliseconds by) { harness_->Advance(by); }

  // Ids rise from call to call.
  template <class Id>
  Id NewId() {
    id_clock_.Advance(1ms);
    return Id(Uuid::V7(id_clock_.Now(), random_));
  }
  RequestKey NewRequest(const std::string& caller = TestApproval().agent);

  // An account that is valid unless `state` says otherwise.
  Account MakeAccount(const std::string& id, AccountState state = AccountState::kValid,
                      const std::string& issuer = "test-ca");
  AccountName account() const { return AccountName("issuers/test-ca/accounts/main"); }

  NewOrder IssueWith(const AccountName& account);
  Order Issue(const TestApproval& approval = {});
  Order Renew(CertificateId certificate, const TestApproval& approval = {});
  Order Read(OrderId id) { return Must(orders().Get(id, std::nullopt)); }

  // The only due order, or the error that there is none or more than one.
  LeasedOrder LeaseOne(const std::string& owner = "replica-1");
  std::vector<OrderId> LeaseIds(int limit = 100);
  bool NothingIsDue() { return LeaseIds().empty(); }

  // Commits `order` as it is; due again after `due_in`, or (nothing) keeping the lease.
  Result<void> Commit(const Order& order, std::optional<std::chrono::milliseconds> due_in);

  CertificateVersion VersionFor(const Order& order, const std::string& seed = {});
  // A new order, leased and brought to kIssued.
  Order IssueCompletely(const TestApproval& approval = {});
  // Leases the only due order and commits it as issued.
  Order FinishDueOrder();
  // An order whose only challenge the agent is asked to serve; held until `due_in` is over.
  Order Present(const std::string& token, std::chrono::milliseconds due_in = 60s);

  static Authorization Challenge(const std::string& name, const std::string& token,
                                 Presentation presentation);

 private:
  FakeClock id_clock_;
  FakeRandom random_;
  std::unique_ptr<StoreHarness> harness_;
};

}  // namespace certbroker
