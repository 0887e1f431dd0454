#include "tests/service/engine/engine_fixture.h"

#include <algorithm>

#include "acme/key_authorization.h"
#include "tests/support/made_csr.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

constexpr std::string_view kPolicy = R"(
version = "test"
[[rules]]
name = "web"
agents = ["spiffe://test/agent/web-01"]
names = ["app.test", ".app.test", "two.test"]
issuers = ["tiny"]
)";

}  // namespace

Result<AccountKey> OneKey::Find(const std::string& uri, const AccountName& /*name*/) {
  return AccountKey{uri, "ES256", acme::Thumbprint(signer_->public_key())};
}

AccountKey OneKey::KeyOf(const Signer& signer) {
  const std::string thumbprint = acme::Thumbprint(signer.public_key());
  return {"pkcs11:token=t;object=" + thumbprint, "ES256", thumbprint, "label-" + thumbprint};
}

Result<RolloverKeys> OneKey::FindNext(const Account& account, const std::string& /*uri*/) {
  for (const auto& spare : spares_) {
    const AccountKey key = KeyOf(*spare);
    const bool used = key.thumbprint == account.thumbprint ||
                      std::ranges::any_of(account.retired_keys, [&](const RetiredKey& retired) {
                        return retired.key.thumbprint == key.thumbprint;
                      });
    if (!used) return RolloverKeys{account.key(), key};
  }
  return Error(Reason::kHsmKeyMissing, "there is no spare for " + account.name.ToString());
}

Result<std::shared_ptr<Signer>> OneKey::SignerFor(const Account& account) {
  if (failure_) return *std::exchange(failure_, std::nullopt);
  if (const auto lost = lost_.find(account.thumbprint); lost != lost_.end()) return lost->second;
  for (const auto& spare : spares_) {
    if (KeyOf(*spare).thumbprint == account.thumbprint) return std::shared_ptr<Signer>(spare);
  }
  return std::shared_ptr<Signer>(signer_);
}

EngineFixture::EngineFixture() {
  workers_.Stop();  // tasks run where they are posted
  http_.Handle([this](const HttpRequest& request) { return ca_.Handle(request); });
  policy_ = std::make_unique<policy::CurrentPolicy>(*policy::Policy::Parse(kPolicy, "policy.toml"));
  KillAndRestart();
}

void EngineFixture::KillAndRestart() {
  orders_.reset();
  book_.reset();
  issuers_.clear();
  client_ = std::make_unique<acme::Client>(
      acme::Client::Options{.directory = *HttpsUrl::Parse("https://ca.test/dir"),
                            .extra_origins = {}},
      acme::Client::Deps{http_, clock_, workers_});
  issuers_.push_back({IssuerId("tiny"), *client_, *pki::TrustAnchors::Parse(ca_.root_pem())});
  book_ = std::make_unique<AccountBook>(issuers_, database_.accounts(), keys_);
  caa_check_ = std::make_unique<CaaCheck>(
      CaaCheck::Deps{caa_, solvers_, workers_, workers_, clock_}, caa_mode_);
  orders_ = std::make_unique<OrderRunner>(
      Deps(), database_.queue(), *policy_, solvers_, *caa_check_,
      LeaseOptions{.owner = "replica-1", .lease = std::chrono::seconds{30}});
}

void EngineFixture::MakeAccount() {
  Account account;
  account.name = kAccount;
  account.issuer = IssuerId("tiny");
  account.directory_url = "https://ca.test/dir";
  account.key_uri = "pkcs11:token=t;object=k";
  account.algorithm = "ES256";
  account.thumbprint = acme::Thumbprint(signer_->public_key());
  account.terms_of_service_agreed = true;
  const RequestKey request{
      CallerId("operator:local"), RequestId(Uuid::V7(clock_.Now(), random_)), "CreateAccount", {}};
  ASSERT_THAT(database_.accounts().Create(account, request), IsOk());
  auto leased = database_.accounts().LeaseAccounts({.owner = "test", .limit = 1});
  ASSERT_THAT(leased, IsOk());
  Account valid = leased->accounts.at(0);
  valid.state = AccountState::kValid;
  valid.account_url = *HttpsUrl::Parse("https://ca.test/account/1");
  ASSERT_THAT(database_.accounts().Commit(valid, {}), IsOk());
}

Order EngineFixture::Issue(const std::vector<std::string>& names) {
  const auto approval = policy_->Get()->Evaluate(
      {.agent = kAgent, .csr_der = MadeCsr(names), .names = names, .issuer = {}, .profile = {}});
  EXPECT_THAT(approval, IsOk());
  ++requests_;
  auto order = database_.orders().Create(
      *approval,
      {.id = OrderId(Uuid::V7(clock_.Now(), random_)),
       .certificate = CertificateId(Uuid::V7(clock_.Now(), random_)),
       .kind = OrderKind::kIssue,
       .account = kAccount,
       .agent_challenges = {ChallengeType::kHttp01}},
      {kAgent, RequestId(Uuid::V7(clock_.Now(), random_)), "IssueCertificate", {}});
  EXPECT_THAT(order, IsOk());
  return *order;
}

void EngineFixture::LeaseOrders() { EXPECT_THAT(orders_->LeaseDue(), IsOk()); }

void EngineFixture::AgentServes() {
  const auto tasks = database_.board().TasksFor(kAgent);
  ASSERT_THAT(tasks, IsOk());
  for (const ChallengeTask& task : *tasks) {
    const auto outcome = task.remove ? ChallengeOutcome::kRemoved : ChallengeOutcome::kServing;
    EXPECT_THAT(database_.board().Report(kAgent, task.order, task.token, outcome, ""), IsOk());
  }
}

Order EngineFixture::RunToEnd(OrderId id) {
  for (int round = 0; round < 500 && !IsTerminal(Read(id).state); ++round) {
    LeaseOrders();
    AgentServes();
    clock_.Advance(std::chrono::milliseconds{400});
  }
  return Read(id);
}

std::vector<std::string> EngineFixture::History(OrderId id) {
  std::vector<std::string> lines;
  const auto events = database_.orders().Events(id);
  for (const OrderEvent& event : *events) {
    lines.push_back(std::string(ToString(event.state)) + ": " + event.message);
  }
  return lines;
}

}  // namespace certbroker::engine
