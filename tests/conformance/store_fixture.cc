#include "tests/conformance/store_fixture.h"

namespace certbroker {

HttpsUrl Url(const std::string& path) { return Must(HttpsUrl::Parse("https://ca.test" + path)); }

Identifier Name(const std::string& text) { return Must(Identifier::Parse(text)); }

StoreSuite::StoreSuite(std::unique_ptr<StoreHarness> harness) : harness_(std::move(harness)) {
  MakeAccount("main");
}

RequestKey StoreSuite::NewRequest(const std::string& caller) {
  return {.caller = CallerId(caller),
          .id = NewId<RequestId>(),
          .method = "Test",
          .body = ToBytes(AsBytes("body"))};
}

Account StoreSuite::MakeAccount(const std::string& id, AccountState state,
                                const std::string& issuer) {
  Account account;
  account.name = AccountName("issuers/" + issuer + "/accounts/" + id);
  account.issuer = IssuerId(issuer);
  account.directory_url = "https://ca.test/directory";
  account.key_uri = "pkcs11:token=certbroker;object=" + id;
  account.algorithm = "ES256";
  account.thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
  account.contacts = {"mailto:ops@example.org", "mailto:\"odd, \\one\"@example.org"};
  account.terms_of_service_agreed = true;
  Account stored = Must(accounts().Create(account, NewRequest("operator:local")));
  if (state == AccountState::kPending) return stored;

  const LeaseRequest all = {.owner = "setup", .limit = 100};
  for (Account& leased : Must(accounts().LeaseAccounts(all)).accounts) {
    if (leased.name != account.name) continue;
    leased.state = state;
    if (state == AccountState::kValid) leased.account_url = Url("/account/" + id);
    if (state == AccountState::kFailed) leased.failure = Error(Reason::kCaRejected, "no");
    Must(accounts().Commit(leased, 0ms));
  }
  return Must(accounts().Get(account.name));
}

NewOrder StoreSuite::IssueWith(const AccountName& account) {
  return {.id = NewId<OrderId>(),
          .certificate = NewId<CertificateId>(),
          .kind = OrderKind::kIssue,
          .account = account,
          .agent_challenges = {ChallengeType::kHttp01}};
}

Order StoreSuite::Issue(const TestApproval& approval) {
  return Must(
      orders().Create(MakeApproval(approval), IssueWith(account()), NewRequest(approval.agent)));
}

Order StoreSuite::Renew(CertificateId certificate, const TestApproval& approval) {
  NewOrder order = IssueWith(account());
  order.kind = OrderKind::kRenew;
  order.certificate = certificate;
  return Must(orders().Create(MakeApproval(approval), order, NewRequest(approval.agent)));
}

LeasedOrder StoreSuite::LeaseOne(const std::string& owner) {
  auto leased = Must(queue().Lease({.owner = owner, .limit = 2})).orders;
  if (leased.size() != 1) {
    throw std::runtime_error(std::to_string(leased.size()) + " orders were due, not one");
  }
  return std::move(leased.front());
}

std::vector<OrderId> StoreSuite::LeaseIds(int limit) {
  std::vector<OrderId> ids;
  for (const LeasedOrder& leased :
       Must(queue().Lease({.owner = "replica-1", .limit = limit})).orders) {
    ids.push_back(leased.order.id);
  }
  return ids;
}

Result<void> StoreSuite::Commit(const Order& order,
                                std::optional<std::chrono::milliseconds> due_in) {
  OrderCommit commit;
  commit.order = order;
  commit.due_in = due_in;
  if (order.state == OrderState::kIssued) commit.issued = VersionFor(order);
  return queue().Commit(commit);
}

CertificateVersion StoreSuite::VersionFor(const Order& order, const std::string& seed) {
  Bytes sha256 = ToBytes(order.id.uuid().bytes());
  for (const char c : seed) sha256.push_back(static_cast<std::uint8_t>(c));
  sha256.resize(32, 0x5A);
  CertificateVersion version;
  version.order = order.id;
  version.account = order.account;
  version.serial = "04ab" + Hex(order.id.uuid().bytes());
  version.subject = "CN=" + order.names.front().ToString();
  version.issuer_name = "CN=Test CA, O=\"Quotes \\ and more\"";
  version.names = order.names;
  version.not_before = order.create_time - 1h;
  version.not_after = order.create_time + 24h * 90;
  version.sha256 = sha256;
  version.spki_sha256 = Bytes(32, 0xAB);
  version.chain_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  return version;
}

Order StoreSuite::IssueCompletely(const TestApproval& approval) {
  const Order order = Issue(approval);
  return FinishDueOrder();
}

Order StoreSuite::FinishDueOrder() {
  Order order = LeaseOne().order;
  order.state = OrderState::kIssued;
  Must(Commit(order, std::nullopt));
  return Read(order.id);
}

Authorization StoreSuite::Challenge(const std::string& name, const std::string& token,
                                    Presentation presentation) {
  Authorization authorization;
  authorization.url = Url("/authz/" + name);
  authorization.name = Name(name);
  authorization.challenge_url = Url("/chall/" + token);
  authorization.token = token;
  authorization.key_authorization = token + ".thumbprint";
  authorization.presentation = presentation;
  return authorization;
}

Order StoreSuite::Present(const std::string& token, std::chrono::milliseconds due_in) {
  TestApproval approval;
  approval.names = {token + ".example.org"};
  Issue(approval);
  Order order = LeaseOne().order;
  order.state = OrderState::kPresenting;
  order.held_by = HeldBy::kAgent;
  order.authorizations = {Challenge(approval.names[0], token, Presentation::kWanted)};
  Must(Commit(order, due_in));
  return Read(order.id);
}

}  // namespace certbroker
