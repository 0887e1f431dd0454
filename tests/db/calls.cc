#include "tests/db/calls.h"

#include <utility>

namespace certbroker::db {
namespace {

template <class T>
Result<void> Outcome(const Result<T>& result) {
  if (!result) return result.error();
  return {};
}

}  // namespace

Intent CallsSuite::NewOrderIntent() const {
  return {.action = SignaturePurpose::kNewOrder, .url = Url("/new-order"), .jws = "{\"jws\":1}"};
}

void CallsSuite::Prepare() {
  issued_ = IssueCompletely({.names = {"issued.example.org"}});
  requested_ = IssueCompletely({.names = {"requested.example.org"}});
  Must(certificates().RequestRevocation({.id = NewId<RevocationId>(),
                                         .certificate = requested_.certificate,
                                         .sha256 = std::nullopt,
                                         .reason = RevocationReason::kSuperseded},
                                        requested_.agent, NewRequest()));
  revocation_ =
      Must(revocations().LeaseRevocations({.owner = "replica-1", .limit = 1})).revocations.at(0);
  presented_ = Present("tok");
  Issue({.names = {"leased.example.org"}});
  leased_ = LeaseOne().order;
  MakeAccount("pending", AccountState::kPending);
  pending_ = Must(accounts().LeaseAccounts({.owner = "replica-1", .limit = 1})).accounts.at(0);
  PrepareAgents();
}

void CallsSuite::PrepareAgents() {
  token_ = Must(agents().CreateToken({.id = NewId<JoinTokenId>(),
                                      .agent = AgentId("spiffe://example.org/agent/joined"),
                                      .secret_sha256 = Bytes(32, 1),
                                      .create_time = {},
                                      .expire_time = {}},
                                     1h, NewRequest()));
  const Redemption redemption = {
      .token = token_.id, .secret_sha256 = token_.secret_sha256, .spki_sha256 = Bytes(32, 2)};
  identity_ = Must(agents().Redeem(redemption, 24h));
  prepared_ca_ = {.id = NewId<AgentCaId>(),
                  .key_uri = "pkcs11:object=agent-ca",
                  .certificate = Bytes{0x30, 0x00},
                  .create_time = {}};
  Must(agent_cas().Add(prepared_ca_));
}

std::vector<CallsSuite::Call> CallsSuite::Reads() {
  const auto sha256 = VersionFor(issued_).sha256;
  return {
      {"order", "orders", [this] { return Outcome(orders().Get(issued_.id, issued_.agent)); }},
      {"orders", "orders", [this] { return Outcome(orders().List({}, {})); }},
      {"events", "order_events", [this] { return Outcome(orders().Events(issued_.id)); }},
      {"certificate", "certificates",
       [this] { return Outcome(certificates().Get(issued_.certificate, std::nullopt)); }},
      {"certificates", "certificate_versions",
       [this] { return Outcome(certificates().List({}, {})); }},
      {"by sha256", "certificate_versions",
       [this, sha256] { return Outcome(certificates().FindBySha256(sha256, std::nullopt)); }},
      {"account", "accounts", [this] { return Outcome(accounts().Get(account())); }},
      {"accounts", "accounts", [this] { return Outcome(accounts().List({})); }},
      {"tasks", "order_authorizations",
       [this] { return Outcome(board().TasksFor(presented_.agent)); }},
      {"join tokens", "join_tokens", [this] { return Outcome(agents().ListTokens({})); }},
      {"agent", "agents", [this] { return Outcome(agents().Get(identity_.agent)); }},
      {"agents", "agents", [this] { return Outcome(agents().List({})); }},
      {"changed agents", "agents", [this] { return Outcome(agents().ChangedSince(0)); }},
      {"agent CAs", "agent_cas", [this] { return Outcome(agent_cas().All()); }},
  };
}

std::vector<CallsSuite::Call> CallsSuite::AgentWrites() {
  JoinToken created = token_;
  created.id = NewId<JoinTokenId>();
  AgentCa added = prepared_ca_;
  added.id = NewId<AgentCaId>();
  added.key_uri = "pkcs11:object=added-ca";
  const Redemption redemption = {
      .token = token_.id, .secret_sha256 = token_.secret_sha256, .spki_sha256 = Bytes(32, 2)};
  const AgentId& agent = identity_.agent;
  return {
      {"create token", "join_tokens",
       [this, created, request = NewRequest()] {
         return Outcome(agents().CreateToken(created, 1h, request));
       }},
      {"redeem", "join_tokens",
       [this, redemption] { return Outcome(agents().Redeem(redemption, 24h)); }, false},
      {"renew", "agents",
       [this, agent] { return Outcome(agents().Renew(agent, identity_.number, 24h)); }, false},
      {"record use", "agents",
       [this, agent] { return agents().RecordUse(agent, identity_.number); }},
      {"ban", "agents",
       [this, agent] { return Outcome(agents().SetState(agent, AgentState::kBanned, "stolen")); }},
      {"unban", "agents",
       [this, agent] { return Outcome(agents().SetState(agent, AgentState::kActive, "")); }},
      {"remove agent", "agents", [this, agent] { return agents().Remove(agent); }, false},
      {"delete token", "join_tokens", [this] { return agents().DeleteToken(token_.id); }, false},
      {"add agent CA", "agent_cas", [this, added] { return agent_cas().Add(added); }},
      {"activate agent CA", "agent_cas",
       [this] { return Outcome(agent_cas().SetState(prepared_ca_.id, AgentCaState::kActive)); }},
  };
}

std::vector<CallsSuite::Call> CallsSuite::Writes() {
  Order next = leased_;
  next.state = OrderState::kPlaced;
  next.order_url = Url("/order/1");
  OrderCommit commit;
  commit.order = next;
  commit.event = "Placed.";
  commit.due_in = 1h;
  Account valid = pending_;
  valid.state = AccountState::kValid;
  valid.account_url = Url("/account/pending");
  RevocationCommit revoked;
  revoked.id = revocation_.revocation.id;
  revoked.fence = revocation_.fence;
  revoked.state = RevocationState::kRevoked;
  const NewRevocation revocation = {.id = NewId<RevocationId>(),
                                    .certificate = issued_.certificate,
                                    .sha256 = std::nullopt,
                                    .reason = RevocationReason::kUnspecified};
  Account created = pending_;
  created.name = AccountName("issuers/test-ca/accounts/created");
  const Intent revoke = {
      .action = SignaturePurpose::kRevokeCertificate, .url = Url("/revoke"), .jws = "{\"jws\":2}"};
  const TestApproval approval = {.names = {"created.example.org"}};
  std::vector<Call> calls = {
      {"create order", "orders",
       [this, approval, order = IssueWith(account()), request = NewRequest()] {
         return Outcome(orders().Create(MakeApproval(approval), order, request));
       }},
      {"record intent", "intents",
       [this, next] { return Outcome(queue().RecordIntent(next, NewOrderIntent(), "Signed.")); },
       false},
      {"commit order", "orders", [this, commit] { return queue().Commit(commit); }, false},
      {"wake order", "orders", [this] { return queue().Wake(presented_.id); }},
      {"report", "order_authorizations",
       [this] {
         return board().Report(presented_.agent, presented_.id, "tok", ChallengeOutcome::kHit, "");
       }},
      {"cancel order", "orders",
       [this, request = NewRequest()] {
         return Outcome(orders().Cancel(presented_.id, presented_.agent, request));
       }},
      {"request revocation", "revocations",
       [this, revocation, request = NewRequest()] {
         return Outcome(certificates().RequestRevocation(revocation, issued_.agent, request));
       }},
      {"record revocation's intent", "intents",
       [this, revoke, id = revoked.id, fence = revoked.fence] {
         return Outcome(revocations().RecordIntent(id, fence, revoke));
       }},
      {"commit revocation", "revocations",
       [this, revoked] { return revocations().Commit(revoked); }},
      {"create account", "accounts",
       [this, created, request = NewRequest("operator:local")] {
         return Outcome(accounts().Create(created, request));
       }},
      {"commit account", "accounts", [this, valid] { return accounts().Commit(valid, 0ms); }},
  };
  for (Call& call : AgentWrites()) calls.push_back(std::move(call));
  return calls;
}

std::string CallsSuite::Footprint() {
  return Ask(R"(SELECT concat_ws(' ',
      (SELECT count(*) FROM orders), (SELECT string_agg(state || fence, ',' ORDER BY id) FROM orders),
      (SELECT count(*) FROM certificates), (SELECT count(*) FROM order_events),
      (SELECT count(*) FROM order_slots), (SELECT count(*) FROM requests),
      (SELECT count(*) FROM intents),
      (SELECT string_agg(state || fence, ',' ORDER BY id) FROM revocations),
      (SELECT string_agg(state || fence, ',' ORDER BY name) FROM accounts),
      (SELECT string_agg(presentation || (hit_time IS NULL), ',' ORDER BY token)
       FROM order_authorizations),
      (SELECT string_agg(concat(state, removed, used_identity, identity_expire_time, change), ',')
       FROM agents),
      (SELECT last FROM agent_changes),
      (SELECT string_agg(concat(use_time, expire_time), ',' ORDER BY id) FROM join_tokens),
      (SELECT string_agg(state, ',' ORDER BY position) FROM agent_cas)))");
}

}  // namespace certbroker::db
