#include "tests/agent/identity_service.h"

#include <openssl/x509v3.h>

#include "core/check.h"
#include "pki/certificate.h"
#include "tests/fakes/fake_random.h"

namespace certbroker::agent {
namespace {

using std::chrono::system_clock;

Bytes DerOf(X509* certificate) {
  std::uint8_t* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  CERTBROKER_CHECK(size > 0);
  Bytes octets(der, der + size);
  OPENSSL_free(der);
  return octets;
}

std::string Sent(const grpc::ServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

IdentityService::Request Note(const grpc::ServerContext& context, const std::string& csr_der) {
  const auto shown = context.auth_context()->FindPropertyValues("x509_pem_cert");
  return {.csr_der = ToBytes(AsBytes(csr_der)),
          .peer_pem = shown.empty() ? "" : std::string(shown[0].data(), shown[0].size()),
          .client_time = Sent(context, "certbroker-client-time"),
          .client_version = Sent(context, "certbroker-client-version")};
}

}  // namespace

IdentityService::IdentityService(const LeafOptions& server) {
  const TestCertificate leaf = MakeTestLeaf(&ca_, server);
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY);
  tls.pem_root_certs = ca_.ToPem();
  tls.pem_key_cert_pairs.push_back({leaf.KeyToPem(), leaf.ToPem() + ca_.ToPem()});
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  CERTBROKER_CHECK(server_ != nullptr);
  address_ = "127.0.0.1:" + std::to_string(port);
}

IdentityService::~IdentityService() {
  server_->Shutdown(system_clock::now());
  server_->Wait();
}

void IdentityService::Play(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

client::JoinLine IdentityService::Token(std::vector<std::string> addresses) const {
  static FakeRandom random;
  const SystemClock clock;
  const auto ca = pki::Certificate::Parse(DerOf(ca_.certificate.get()));
  if (addresses.empty()) addresses = {address_};
  return {.addresses = std::move(addresses),
          .ca_sha256 = ca->sha256(),
          .id = JoinTokenId(Uuid::V7(clock.Now(), random)),
          .secret = Secret(std::string(client::kJoinSecretOctets, 's')),
          .expire_time = clock.Now() + kLifetime};
}

std::vector<IdentityService::Request> IdentityService::enrolments() const {
  const std::lock_guard lock(mutex_);
  return enrolments_;
}

std::vector<IdentityService::Request> IdentityService::renewals() const {
  const std::lock_guard lock(mutex_);
  return renewals_;
}

grpc::Status IdentityService::Enroll(grpc::ServerContext* context, const v1::EnrollRequest* request,
                                     v1::AgentIdentity* response) {
  const std::lock_guard lock(mutex_);
  enrolments_.push_back(Note(*context, request->csr_der()));
  if (!script_.enroll.ok()) return script_.enroll;
  *response = Issue(enrolments_.back().csr_der);
  return grpc::Status::OK;
}

grpc::Status IdentityService::RenewIdentity(grpc::ServerContext* context,
                                            const v1::RenewIdentityRequest* request,
                                            v1::AgentIdentity* response) {
  const std::lock_guard lock(mutex_);
  renewals_.push_back(Note(*context, request->csr_der()));
  if (!script_.renew.ok()) return script_.renew;
  *response = Issue(renewals_.back().csr_der);
  return grpc::Status::OK;
}

v1::AgentIdentity IdentityService::Issue(const Bytes& csr_der) const {
  // A leaf of the tests' CA, given the CSR's key.
  const TestCertificate leaf = MakeTestLeaf(
      &ca_, {.subject_alt_name = std::string("URI:") + kAgent, .extended_key_usage = "clientAuth"});
  X509* x509 = leaf.certificate.get();
  const unsigned char* in = csr_der.data();
  const std::shared_ptr<X509_REQ> csr(d2i_X509_REQ(nullptr, &in, static_cast<long>(csr_der.size())),
                                      &X509_REQ_free);
  CERTBROKER_CHECK(csr != nullptr);
  if (!script_.another_key) X509_set_pubkey(x509, X509_REQ_get0_pubkey(csr.get()));
  X509_gmtime_adj(X509_getm_notBefore(x509), 0);
  X509_gmtime_adj(X509_getm_notAfter(x509), kLifetime.count());
  CERTBROKER_CHECK(X509_sign(x509, ca_.key.get(), EVP_sha256()) > 0);
  const auto now = system_clock::to_time_t(system_clock::now());
  v1::AgentIdentity issued;
  issued.set_spiffe_id(kAgent);
  issued.set_certificate_pem(leaf.ToPem());
  issued.set_server_ca_pem(ca_.ToPem());
  issued.mutable_expire_time()->set_seconds(now + kLifetime.count());
  issued.mutable_renew_time()->set_seconds(now + kLifetime.count() / 2);
  return issued;
}

}  // namespace certbroker::agent
