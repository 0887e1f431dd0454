#include "tests/service/rpc/enrolment_fixture.h"

#include <algorithm>
#include <thread>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "pki/digest.h"
#include "pki/identity_number.h"
#include "pki/pem_chain.h"
#include "tests/support/made_csr.h"
#include "tests/support/made_key.h"

namespace certbroker::rpc {
namespace {

std::string PrivateKeyPem(pki::KeyType type) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(memory.get(), MadeKey(type), nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string CsrFor(pki::KeyType key) {
  return std::string(AsText(MadeCsr({"ignored.example.org"}, key)));
}

void AddTo(grpc::ClientContext& context, const Metadata& metadata) {
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
}

}  // namespace

EnrolmentTest::EnrolmentTest() {
  issuer_.emplace(
      identity::IdentityIssuer::Deps{agents(), registry(), find_signer_, clock(), random_, log()},
      "example.org", kIdentityLifetime);
  keeper_.emplace(
      identity::AgentCaKeeper::Deps{agent_cas(), registry(), find_signer_, clock(), random_, log()},
      "example.org");
  enrolment_.emplace(identity::Enrolment{"example.org",
                                         {"broker.example.org:8443"},
                                         ca().ToPem(),
                                         Bytes(32, 0xca),
                                         *issuer_,
                                         *keeper_});
  ca_keys_.Provision(kFirstCaKey);
  Must(keeper_->EnsureFirst(kFirstCaKey));
  first_ca_ = "agentCas/" + registry().cas()->at(0).id.ToString();
  Server::Deps deps = Deps();
  deps.enrolment = &*enrolment_;
  StartServer(Listeners(), deps);
  registry().Start([this] {
    const MutexLock lock(mutex_);
    if (!closing_) server().ReviewPeers();
  });
}

EnrolmentTest::~EnrolmentTest() {
  {
    const MutexLock lock(mutex_);
    closing_ = true;
  }
  // Before what it refers to here.
  DestroyServer();
}

void EnrolmentTest::RestartWithoutIdentities() {
  const MutexLock lock(mutex_);
  StartServer(Listeners(), Deps());
}

v1::CreateJoinTokenRequest EnrolmentTest::TokenRequest(const std::string& agent) {
  v1::CreateJoinTokenRequest request;
  request.set_request_id(NewRequestId());
  request.set_agent(agent);
  request.set_secret_sha256(std::string(AsText(pki::Sha256(AsBytes(Secret())))));
  return request;
}

std::string EnrolmentTest::Token(const std::string& agent) {
  const auto created = Admin(&AdminStub::CreateJoinToken, TokenRequest(agent));
  EXPECT_THAT(created.status, IsAnswered());
  constexpr std::string_view kCollection = "joinTokens/";
  return created.value.join_token().name().substr(kCollection.size());
}

Answer<v1::Agent> EnrolmentTest::Ban(const std::string& agent, const std::string& reason) {
  v1::BanAgentRequest request;
  request.set_name(agent);
  request.set_reason(reason);
  return Admin(&AdminStub::BanAgent, request);
}

grpc::Status EnrolmentTest::Delete(const std::string& agent) {
  v1::DeleteAgentRequest request;
  request.set_name(agent);
  return Admin(&AdminStub::DeleteAgent, request).status;
}

std::string EnrolmentTest::ActivateSecondCa() {
  ca_keys_.Provision(kSecondCaKey);
  v1::PrepareAgentCaRequest prepare;
  prepare.set_key_uri(kSecondCaKey);
  const auto prepared = Admin(&AdminStub::PrepareAgentCa, prepare);
  EXPECT_THAT(prepared.status, IsAnswered());
  v1::ActivateAgentCaRequest activate;
  activate.set_name(prepared.value.name());
  EXPECT_THAT(Admin(&AdminStub::ActivateAgentCa, activate).status, IsAnswered());
  return prepared.value.name();
}

Answer<v1::AgentCa> EnrolmentTest::TaintFirstCa() {
  v1::TaintAgentCaRequest request;
  request.set_name(first_ca_);
  return Admin(&AdminStub::TaintAgentCa, request);
}

Answer<v1::AgentCa> EnrolmentTest::RevokeFirstCa() {
  v1::RevokeAgentCaRequest request;
  request.set_name(first_ca_);
  return Admin(&AdminStub::RevokeAgentCa, request);
}

TestClient EnrolmentTest::Nobody() {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ca().ToPem();
  return {agents_address(), grpc::SslCredentials(tls)};
}

Answer<v1::AgentIdentity> EnrolmentTest::Enroll(const std::string& token, const std::string& secret,
                                                pki::KeyType key, const Metadata& metadata) {
  v1::EnrollRequest request;
  request.set_join_token(token);
  request.set_secret(secret);
  request.set_csr_der(CsrFor(key));
  Call call;
  AddTo(call, metadata);
  Answer<v1::AgentIdentity> answer;
  TestClient client = Nobody();
  answer.status = client.agents().Enroll(&call, request, &answer.value);
  return answer;
}

EnrolmentTest::Host EnrolmentTest::Join(const std::string& agent) {
  const auto joined = Enroll(Token(agent));
  EXPECT_THAT(joined.status, IsAnswered());
  return {joined.value, pki::KeyType::kEcP256};
}

TestClient EnrolmentTest::ClientOf(const Host& host) {
  return {agents_address(),
          grpc::SslCredentials({.pem_root_certs = ca().ToPem(),
                                .pem_private_key = PrivateKeyPem(host.key),
                                .pem_cert_chain = host.identity.certificate_pem()})};
}

Answer<v1::AgentIdentity> EnrolmentTest::Renew(const TestClient& client, pki::KeyType key,
                                               const Metadata& metadata) {
  v1::RenewIdentityRequest request;
  request.set_csr_der(CsrFor(key));
  Call call;
  AddTo(call, metadata);
  Answer<v1::AgentIdentity> answer;
  answer.status =
      v1::AgentService::NewStub(client.channel())->RenewIdentity(&call, request, &answer.value);
  return answer;
}

EnrolmentTest::Host EnrolmentTest::Renewed(const Host& host) {
  const auto renewed = Renew(ClientOf(host));
  EXPECT_THAT(renewed.status, IsAnswered());
  return {renewed.value, pki::KeyType::kEcP384};
}

grpc::Status EnrolmentTest::Ask(const TestClient& client) {
  Call call;
  v1::ListOrdersResponse list;
  return v1::OrderService::NewStub(client.channel())->ListOrders(&call, {}, &list);
}

void EnrolmentTest::Use(const Host& host) {
  EXPECT_THAT(Ask(ClientOf(host)), IsAnswered());
  const auto chain = Must(pki::ParsePemChain(host.identity.certificate_pem()));
  const std::string line = "identity_used agent=" + host.identity.spiffe_id() + " number=" +
                           std::to_string(pki::IdentityNumberOf(chain.front()).value());
  const auto is_recorded = [&] {
    const auto lines = log().lines();
    return std::ranges::find(lines, line) != lines.end();
  };
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (!is_recorded() && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  EXPECT_TRUE(is_recorded());
}

}  // namespace certbroker::rpc
