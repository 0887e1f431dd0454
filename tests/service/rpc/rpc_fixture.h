// tests/service/rpc/rpc_fixture.h: a server with both its listeners, on fakes of everything behind
// it, and clients of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/executor.h"
#include "core/ports/account_keys.h"
#include "service/policy/current_policy.h"
#include "service/rpc/server.h"
#include "tests/conformance/store_fixture.h"
#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_checkpoint_store.h"
#include "tests/fakes/fake_database.h"
#include "tests/fakes/fake_key_use_history.h"
#include "tests/service/rpc/refusal.h"
#include "tests/service/rpc/test_client.h"
#include "tests/support/made_csr.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_certificates.h"

namespace certbroker::rpc {

// May have www.example.org and what is below apps.example.org, as kWeb02 may.
inline constexpr const char* kWeb01 = "spiffe://example.org/agent/web-01";
inline constexpr const char* kWeb02 = "spiffe://example.org/agent/web-02";

class FakeStores final : public StoreHarness {
 public:
  OrderStore& orders() override { return database_.orders(); }
  OrderQueue& queue() override { return database_.queue(); }
  ChallengeBoard& board() override { return database_.board(); }
  ChallengeQueue& challenges() override { return database_.challenges(); }
  CertificateStore& certificates() override { return database_.certificates(); }
  RevocationQueue& revocations() override { return database_.revocations(); }
  RenewalQueue& renewals() override { return database_.renewals(); }
  AgentStore& agents() override { return database_.agents(); }
  AgentCaStore& agent_cas() override { return database_.agent_cas(); }
  AbandonedAuthorizations& abandoned() override { return database_.abandoned(); }
  AccountStore& accounts() override { return database_.accounts(); }
  ChangeFeed& feed() override { return database_.feed(); }
  void Advance(std::chrono::milliseconds by) override { clock_.Advance(by); }
  void BreakFeed() override { database_.feed().Reconnect(); }
  FakeDatabase& database() { return database_; }
  FakeClock& clock() { return clock_; }

 private:
  FakeClock clock_;
  FakeDatabase database_{clock_};
};

// A token with one key and one spare (kSpareThumbprint); whatever else is asked for is missing.
class OneKeyInToken final : public AccountKeys {
 public:
  Result<AccountKey> Find(const std::string& uri, const AccountName& name) override;
  Result<RolloverKeys> FindNext(const Account& account, const std::string& uri) override;
  Result<std::shared_ptr<Signer>> SignerFor(const Account& account) override;
};

inline constexpr const char* kSpareThumbprint = "spareXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

// The server runs when a test begins.
class RpcTest : public StoreSuite {
 public:
  RpcTest();
  ~RpcTest() override;

 protected:
  // Instead of the one that runs.
  void StartServer(const ListenerOptions& options, const Server::Deps& deps);
  ListenerOptions Listeners() const;
  Server::Deps Deps() { return DepsWith(board(), feed(), *executor_); }
  Server::Deps DepsWith(ChallengeBoard& board) { return DepsWith(board, feed(), *executor_); }
  Server::Deps DepsWith(ChangeFeed& feed) { return DepsWith(board(), feed, *executor_); }
  Server::Deps DepsWith(Executor& executor) { return DepsWith(board(), feed(), executor); }
  Server& server() { return *server_; }
  void DestroyServer() { server_.reset(); }

  identity::AgentRegistry& registry() { return *registry_; }
  const identity::PeerJudge& judge() const { return *judge_; }

  FakeDatabase& database() { return static_cast<FakeStores&>(harness()).database(); }
  CaptureLog& log() { return log_; }
  FakeKeyUseHistory& key_uses() { return key_uses_; }
  FakeCheckpointStore& checkpoints() { return checkpoints_; }

  // Over mutual TLS, with a certificate of the agents' CA.
  TestClient Agent(const std::string& uri = kWeb01);
  TestClient AgentWith(const TestCertificate& certificate);
  TestClient AgentWith(const LeafOptions& options) {
    return AgentWith(MakeTestLeaf(&ca_, options));
  }
  // Over the Unix socket.
  TestClient Operator();

  // As kWeb01 may send it.
  v1::IssueCertificateRequest IssueRequest(const std::vector<std::string>& names = {
                                               "www.example.org"});
  std::string NewRequestId() { return NewId<RequestId>().ToString(); }
  std::size_t OrderCount() {
    return Must(orders().List({}, {.size = 1000, .token = ""})).items.size();
  }

  const std::string& agents_address() const { return agents_address_; }
  std::string operator_socket() const { return dir_.path() + "/operator.sock"; }
  const TestCertificate& ca() const { return ca_; }

 private:
  Server::Deps DepsWith(ChallengeBoard& board, ChangeFeed& feed, Executor& executor);

  TempDir dir_;
  const TestCertificate ca_;
  policy::CurrentPolicy policy_;
  const SolverPlan solvers_;
  CaptureLog log_;
  OneKeyInToken keys_;
  FakeKeyUseHistory key_uses_;
  FakeCheckpointStore checkpoints_;
  SystemRandom random_;
  std::optional<Executor> executor_;
  std::optional<identity::AgentRegistry> registry_;
  std::optional<identity::PeerJudge> judge_;
  std::optional<identity::UseRecorder> uses_;
  std::string agents_address_;
  std::unique_ptr<Server> server_;
};

}  // namespace certbroker::rpc
