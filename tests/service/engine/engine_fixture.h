// tests/service/engine/engine_fixture.h: an engine in one thread: everything it does happens inside
// LeaseDue, in order, on a fake database, a software key and a small CA.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "acme/client.h"
#include "core/executor.h"
#include "service/engine/account_book.h"
#include "service/engine/account_registrar.h"
#include "service/engine/order_runner.h"
#include "service/engine/revocation_runner.h"
#include "service/policy/current_policy.h"
#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_caa_source.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_database.h"
#include "tests/fakes/fake_http_client.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/fake_signer.h"
#include "tests/support/tiny_ca.h"

namespace certbroker::engine {

// Hands out one software key for every account, but for those whose thumbprint is a spare's.
class OneKey final : public AccountKeys {
 public:
  explicit OneKey(std::shared_ptr<FakeSigner> signer) : signer_(std::move(signer)) {}
  Result<AccountKey> Find(const std::string& uri, const AccountName& name) override;
  Result<RolloverKeys> FindNext(const Account& account, const std::string& uri) override;
  Result<std::shared_ptr<Signer>> SignerFor(const Account& account) override;
  void FailNext(Error error) { failure_ = std::move(error); }
  // Spares are handed out by FindNext in the order in which they were added.
  void AddSpare(std::shared_ptr<FakeSigner> spare) { spares_.push_back(std::move(spare)); }
  // SignerFor the spare of that thumbprint fails so from now on.
  void Lose(const std::string& thumbprint, Error error) { lost_.emplace(thumbprint, error); }
  static AccountKey KeyOf(const Signer& signer);

 private:
  std::shared_ptr<FakeSigner> signer_;
  std::vector<std::shared_ptr<FakeSigner>> spares_;
  std::map<std::string, Error> lost_;
  std::optional<Error> failure_;
};

class EngineFixture : public ::testing::Test {
 protected:
  EngineFixture();

  static inline const AgentId kAgent{"spiffe://test/agent/web-01"};
  static inline const AccountName kAccount{"issuers/tiny/accounts/main"};

  // The account, VALID.
  void MakeAccount();
  Order Issue(const std::vector<std::string>& names = {"app.test"});
  // One round of every kind of work. True when something was leased.
  void LeaseOrders();
  // Rounds, with the agent serving whatever it is asked to and time passing, until the order is
  // final.
  Order RunToEnd(OrderId id);
  // The agent serves everything that is wanted of it.
  void AgentServes();
  Order Read(OrderId id) { return *database_.orders().Get(id, std::nullopt); }
  std::vector<std::string> History(OrderId id);

  // As after SIGKILL and a new start: runners with nothing in memory. Leases and rows stay.
  void KillAndRestart();

  RunnerDeps Deps() { return {*book_, workers_, clock_, random_, log_}; }

  FakeClock clock_;
  FakeRandom random_;
  CaptureLog log_;
  FakeDatabase database_{clock_};
  FakeHttpClient http_;
  TinyCa ca_;
  std::shared_ptr<FakeSigner> signer_ = std::make_shared<FakeSigner>(clock_);
  OneKey keys_{signer_};
  Executor workers_{{.name = "test"}};
  std::unique_ptr<acme::Client> client_;
  std::vector<Issuer> issuers_;
  std::unique_ptr<AccountBook> book_;
  std::unique_ptr<policy::CurrentPolicy> policy_;
  SolverPlan solvers_;
  FakeCaaSource caa_;
  CaaMode caa_mode_ = CaaMode::kRequire;
  std::unique_ptr<CaaCheck> caa_check_;
  std::unique_ptr<OrderRunner> orders_;
  int requests_ = 0;
};

}  // namespace certbroker::engine
