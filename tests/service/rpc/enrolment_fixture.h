// tests/service/rpc/enrolment_fixture.h: the server with an agent CA of its own, hosts that join
// it, and operators who say who may.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "certbroker/v1/agent_admin.grpc.pb.h"
#include "pki/key_type.h"
#include "service/identity/enrolment.h"
#include "tests/fakes/memory_agent_ca_signer.h"
#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {

inline constexpr const char* kFirstCaKey = "pkcs11:token=certbroker;object=agent-ca%2Fv1";
inline constexpr const char* kSecondCaKey = "pkcs11:token=certbroker;object=agent-ca%2Fv2";
inline constexpr std::chrono::hours kIdentityLifetime{24};
inline constexpr std::chrono::hours kGracePeriod{24 * 30};  // of RpcTest's judge

using Metadata = std::vector<std::pair<std::string, std::string>>;

class EnrolmentTest : public RpcTest {
 protected:
  EnrolmentTest();
  ~EnrolmentTest() override;

  // Instead of the server that runs: one whose configuration has no [identity].
  void RestartWithoutIdentities();

  // ---- Operators. Each is a call over their socket, with Call's deadline.
  using AdminStub = v1::AgentAdminService::Stub;
  template <class Response, class Request>
  Answer<Response> Admin(grpc::Status (AdminStub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                         const Request& request) {
    return AdminAs<Response>(Operator(), method, request);
  }
  template <class Response, class Request>
  static Answer<Response> AdminAs(const TestClient& client,
                                  grpc::Status (AdminStub::*method)(grpc::ClientContext*,
                                                                    const Request&, Response*),
                                  const Request& request) {
    Call call;
    Answer<Response> answer;
    answer.status = (v1::AgentAdminService::NewStub(client.channel()).get()->*method)(
        &call, request, &answer.value);
    return answer;
  }
  v1::CreateJoinTokenRequest TokenRequest(const std::string& agent = "web-01");
  // A token of `agent`, for Secret(); its id.
  std::string Token(const std::string& agent = "web-01");
  static std::string Secret() { return std::string(32, 's'); }
  Answer<v1::Agent> Ban(const std::string& agent, const std::string& reason);
  grpc::Status Delete(const std::string& agent);
  // A second agent CA, which signs from now on; what it is called.
  std::string ActivateSecondCa();
  Answer<v1::AgentCa> TaintFirstCa();
  Answer<v1::AgentCa> RevokeFirstCa();

  // ---- Hosts.
  struct Host {
    v1::AgentIdentity identity;
    pki::KeyType key = pki::KeyType::kEcP256;
  };
  // Without a client certificate.
  TestClient Nobody();
  Answer<v1::AgentIdentity> Enroll(const std::string& token, const std::string& secret = Secret(),
                                   pki::KeyType key = pki::KeyType::kEcP256,
                                   const Metadata& metadata = {});
  Host Join(const std::string& agent = "web-01");
  TestClient ClientOf(const Host& host);
  static Answer<v1::AgentIdentity> Renew(const TestClient& client,
                                         pki::KeyType key = pki::KeyType::kEcP384,
                                         const Metadata& metadata = {});
  // What the host has after that; its old key and certificate are `host`'s.
  Host Renewed(const Host& host);
  // A call that every agent may make.
  static grpc::Status Ask(const TestClient& client);
  // `host` has shown its identity, and the service has put that on record.
  void Use(const Host& host);

  FakeClock& clock() { return static_cast<FakeStores&>(harness()).clock(); }
  MemoryAgentCaKeys& keys() { return ca_keys_; }
  const std::string& first_ca() const { return first_ca_; }

 private:
  MemoryAgentCaKeys ca_keys_;
  FakeRandom random_;
  const identity::FindAgentCaSigner find_signer_ = [this](const std::string& uri) {
    return ca_keys_.Find(uri);
  };
  std::optional<identity::IdentityIssuer> issuer_;
  std::optional<identity::AgentCaKeeper> keeper_;
  std::optional<identity::Enrolment> enrolment_;
  std::string first_ca_;  // "agentCas/…"
  Mutex mutex_;
  bool closing_ GUARDED_BY(mutex_) = false;
};

}  // namespace certbroker::rpc
