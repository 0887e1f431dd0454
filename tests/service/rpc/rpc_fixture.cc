#include "tests/service/rpc/rpc_fixture.h"

#include <openssl/sha.h>

namespace certbroker::rpc {
namespace {

constexpr std::string_view kPolicy = R"(
version = "1"
[[rules]]
name = "web"
agents = ["spiffe://example.org/agent/web-01", "spiffe://example.org/agent/web-02"]
names = ["www.example.org", "xn--mnchen-3ya.example.org", ".apps.example.org"]
issuers = ["test-ca", "other-ca"]
profiles = ["", "short"]
)";

// gRPC reads its environment once, before the first call of the program.
const bool kPrepared = [] {
  PrepareProcess();
  return true;
}();

constexpr std::chrono::hours kGrace{24 * 30};

Bytes Sha256(ByteView bytes) {
  Bytes digest(SHA256_DIGEST_LENGTH);
  SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

}  // namespace

Result<AccountKey> OneKeyInToken::Find(const std::string& uri, const AccountName& /*name*/) {
  constexpr const char* kUri = "pkcs11:token=certbroker;object=key";
  if (!uri.empty() && uri != kUri) return Error(Reason::kHsmKeyMissing, "there is no such key");
  return AccountKey{.uri = kUri,
                    .algorithm = "ES256",
                    .thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"};
}

Result<RolloverKeys> OneKeyInToken::FindNext(const Account& account, const std::string& uri) {
  constexpr const char* kSpare = "pkcs11:token=certbroker;object=spare";
  if (!uri.empty() && uri != kSpare) {
    ASSIGN_OR_RETURN(const AccountKey named, Find(uri, account.name));
    return RolloverKeys{account.key(), named};
  }
  // As if it were taken by its label.
  if (account.thumbprint == kSpareThumbprint)
    return Error(Reason::kHsmKeyMissing, "there is no spare key");
  RolloverKeys keys{account.key(), {kSpare, "ES256", kSpareThumbprint, "acme/test-ca/main/v2"}};
  keys.present.label = "acme/test-ca/main/v1";
  return keys;
}

Result<std::shared_ptr<Signer>> OneKeyInToken::SignerFor(const Account& /*account*/) {
  return Error(Reason::kHsmUnavailable, "nothing behind the API signs here");
}

RpcTest::RpcTest()
    : StoreSuite(std::make_unique<FakeStores>()),
      ca_(MakeTestCa()),
      policy_(Must(policy::Policy::Parse(kPolicy, "policy.toml"))) {
  EXPECT_TRUE(kPrepared);
  // Certificates are made by the real clock, and TLS reads it too.
  FakeClock& clock = static_cast<FakeStores&>(harness()).clock();
  clock.Advance(SystemClock().Now() - clock.Now());
  executor_.emplace(Executor::Options{.name = "rpc", .threads = 4});
  registry_.emplace(agents(), agent_cas(), this->feed(), clock, log_);
  judge_.emplace(*registry_, Must(pki::TrustAnchors::Parse(ca_.ToPem())), kGrace, clock);
  uses_.emplace(agents(), *registry_, *executor_, log_);
  StartServer(Listeners(), Deps());
}

RpcTest::~RpcTest() { server_.reset(); }

void RpcTest::StartServer(const ListenerOptions& options, const Server::Deps& deps) {
  server_.reset();
  server_ = Must(Server::Start(options, deps));
  agents_address_ = "127.0.0.1:" + std::to_string(server_->agents_port());
}

ListenerOptions RpcTest::Listeners() const {
  const TestCertificate leaf = MakeTestLeaf(&ca_);
  return {.agents_address = "127.0.0.1:0",
          .server_chain_pem = leaf.ToPem(),
          .server_key_pem = leaf.KeyToPem(),
          .client_ca_pem = ca_.ToPem(),
          .operator_socket = operator_socket()};
}

Server::Deps RpcTest::DepsWith(ChallengeBoard& board, ChangeFeed& feed, Executor& executor) {
  return {.policy = policy_,
          .orders = orders(),
          .certificates = certificates(),
          .accounts = accounts(),
          .keys = keys_,
          .key_uses = key_uses_,
          .checkpoints = checkpoints_,
          .board = board,
          .feed = feed,
          .executor = executor,
          .clock = static_cast<FakeStores&>(harness()).clock(),
          .random = random_,
          .log = log_,
          .account_of = [](const IssuerId& issuer) -> Result<AccountName> {
            return AccountName("issuers/" + issuer.ToString() + "/accounts/main");
          },
          .directory_of = [](const IssuerId& issuer) -> Result<std::string> {
            if (issuer.ToString() == "test-ca") return std::string("https://ca.test/directory");
            return Error(Reason::kNotFound, "no such issuer is configured");
          },
          .sha256 = Sha256,
          .solvers = solvers_,
          .agents = agents(),
          .registry = *registry_,
          .judge = *judge_,
          .uses = *uses_};
}

TestClient RpcTest::Agent(const std::string& uri) {
  return AgentWith({.subject_alt_name = "URI:" + uri, .extended_key_usage = "clientAuth"});
}

TestClient RpcTest::AgentWith(const TestCertificate& certificate) {
  return {agents_address_, grpc::SslCredentials({.pem_root_certs = ca_.ToPem(),
                                                 .pem_private_key = certificate.KeyToPem(),
                                                 .pem_cert_chain = certificate.ToPem()})};
}

TestClient RpcTest::Operator() {
  return {"unix:" + operator_socket(), grpc::InsecureChannelCredentials()};
}

v1::IssueCertificateRequest RpcTest::IssueRequest(const std::vector<std::string>& names) {
  v1::IssueCertificateRequest request;
  request.set_request_id(NewRequestId());
  request.set_csr_der(std::string(AsText(MadeCsr(names))));
  for (const std::string& name : names) request.add_identifiers(name);
  request.add_challenge_types("http-01");
  return request;
}

}  // namespace certbroker::rpc
