// The schema says what the code says: words of CHECK constraints, the order of states, and what is
// never changed.
#include "core/agent.h"
#include "core/certificate.h"
#include "core/jws.h"
#include "core/order_state.h"
#include "tests/db/pg_harness.h"

namespace certbroker::db {
namespace {

using ::testing::UnorderedElementsAreArray;

class SchemaTest : public PgSuite {
 protected:
  // The quoted words of a CHECK.
  std::vector<std::string> WordsOf(const std::string& constraint) {
    return database().Run(
        "SELECT (regexp_matches(pg_get_constraintdef(oid), '''([A-Za-z_]+)''', 'g'))[1] "
        "FROM pg_constraint WHERE conname = '" +
        constraint + "'");
  }
  // Whether the statement is refused, by whichever rule of the schema.
  bool Refused(const std::string& statement) {
    database().Run(
        "CREATE OR REPLACE FUNCTION refused(statement text) RETURNS boolean LANGUAGE plpgsql AS "
        "$$ BEGIN EXECUTE statement; RETURN false; "
        "EXCEPTION WHEN check_violation THEN RETURN true; END $$");
    return Ask("SELECT refused($s$" + statement + "$s$)") == "t";
  }
};

// Every name of an enum that begins at zero and ends with `last`.
template <class Enum>
std::vector<std::string> NamesUpTo(Enum last) {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    names.emplace_back(ToString(static_cast<Enum>(i)));
  }
  return names;
}

TEST_F(SchemaTest, WordsAreThoseOfTheCode) {
  EXPECT_THAT(WordsOf("order_state_is_known"),
              UnorderedElementsAreArray(NamesUpTo(OrderState::kCancelled)));
  EXPECT_THAT(WordsOf("order_held_by_is_known"),
              UnorderedElementsAreArray(NamesUpTo(HeldBy::kAccount)));
  EXPECT_THAT(WordsOf("order_kind_is_known"),
              UnorderedElementsAreArray(NamesUpTo(OrderKind::kRenew)));
  EXPECT_THAT(WordsOf("authorization_status_is_known"),
              UnorderedElementsAreArray(NamesUpTo(AuthorizationStatus::kRevoked)));
  EXPECT_THAT(WordsOf("presentation_is_known"),
              UnorderedElementsAreArray(NamesUpTo(Presentation::kRemoved)));
  EXPECT_THAT(WordsOf("account_state_is_known"),
              UnorderedElementsAreArray(NamesUpTo(AccountState::kDeactivated)));
  EXPECT_THAT(WordsOf("account_change_is_known"),
              UnorderedElementsAreArray(NamesUpTo(AccountChange::kKey)));
  EXPECT_THAT(WordsOf("renewal_source_is_known"),
              UnorderedElementsAreArray(NamesUpTo(WindowSource::kCa)));
  EXPECT_THAT(WordsOf("key_use_purpose_is_known"),
              UnorderedElementsAreArray(NamesUpTo(SignaturePurpose::kKeyProof)));
  EXPECT_THAT(WordsOf("revocation_state_is_known"),
              UnorderedElementsAreArray(NamesUpTo(RevocationState::kFailed)));
  EXPECT_THAT(WordsOf("intent_action_is_known"),
              UnorderedElementsAreArray(NamesUpTo(SignaturePurpose::kAuthorizationDeactivation)));
  EXPECT_THAT(WordsOf("agent_state_is_known"),
              UnorderedElementsAreArray(NamesUpTo(AgentState::kBanned)));
  EXPECT_THAT(WordsOf("agent_ca_state_is_known"),
              UnorderedElementsAreArray(NamesUpTo(AgentCaState::kRevoked)));
}

TEST_F(SchemaTest, TerminalStatesAreThoseOfTheCode) {
  std::vector<std::string> terminal;
  for (const auto& traits : AllOrderStates()) {
    if (traits.terminal) terminal.emplace_back(traits.name);
  }
  EXPECT_THAT(WordsOf("order_ends_in_a_terminal_state"), UnorderedElementsAreArray(terminal));
}

// The trigger is MayFollow in SQL.
TEST_F(SchemaTest, TransitionsAreThoseOfTheCode) {
  Issue();
  const auto set_state = [](const OrderStateTraits& state) {
    return "UPDATE orders SET state = '" + std::string(state.name) + "', end_time = " +
           (state.terminal ? "now(), next_attempt_at = NULL" : "NULL, next_attempt_at = now()") +
           ", failure_reason = 'INTERNAL', failure_detail = '', attempt = attempt + 1";
  };
  for (const auto& from : AllOrderStates()) {
    for (const auto& to : AllOrderStates()) {
      if (from.state == to.state) continue;
      database().Run("SET session_replication_role = replica; " + set_state(from));
      EXPECT_EQ(Refused(set_state(to)), !MayFollow(from.state, to.state))
          << from.name << " to " << to.name;
    }
  }
}

// The trigger is MayFollow in SQL once more.
TEST_F(SchemaTest, TransitionsOfAgentCasAreThoseOfTheCode) {
  Must(agent_cas().Add({.id = NewId<AgentCaId>(),
                        .key_uri = "pkcs11:object=ca",
                        .certificate = Bytes{1},
                        .create_time = {}}));
  const auto last = static_cast<int>(AgentCaState::kRevoked);
  for (int i = 0; i <= last; ++i) {
    for (int j = 0; j <= last; ++j) {
      const auto from = static_cast<AgentCaState>(i);
      const auto to = static_cast<AgentCaState>(j);
      const auto set = [](AgentCaState state) {
        return "UPDATE agent_cas SET state = '" + std::string(ToString(state)) + "'";
      };
      database().Run("SET session_replication_role = replica; " + set(from));
      EXPECT_EQ(Refused(set(to)), !MayFollow(from, to)) << ToString(from) << " to " << ToString(to);
    }
  }
}

TEST_F(SchemaTest, AgentsKeepTheirPast) {
  const JoinToken token = Must(agents().CreateToken({.id = NewId<JoinTokenId>(),
                                                     .agent = AgentId("spiffe://x/agent/a"),
                                                     .secret_sha256 = Bytes(32, 1),
                                                     .create_time = {},
                                                     .expire_time = {}},
                                                    1h, NewRequest()));
  const Redemption redemption = {
      .token = token.id, .secret_sha256 = Bytes(32, 1), .spki_sha256 = Bytes(32, 2)};
  const NewIdentity identity = Must(agents().Redeem(redemption, 1h));
  Must(agents().RecordUse(identity.agent, identity.number));
  Must(agent_cas().Add({.id = NewId<AgentCaId>(),
                        .key_uri = "pkcs11:object=ca",
                        .certificate = Bytes{1},
                        .create_time = {}}));

  for (const char* statement :
       {"DELETE FROM agents", "TRUNCATE agents", "UPDATE agents SET used_identity = 0",
        "UPDATE join_tokens SET used_by_spki_sha256 = sha256('')",
        "UPDATE join_tokens SET use_time = NULL, used_by_spki_sha256 = NULL",
        "UPDATE agent_changes SET last = 0", "DELETE FROM agent_changes", "DELETE FROM agent_cas",
        "UPDATE agent_cas SET certificate = ''"}) {
    EXPECT_TRUE(Refused(statement)) << statement;
  }
}

TEST_F(SchemaTest, WhatWasAskedForNeverChanges) {
  Issue();
  for (const char* column :
       {"agent = 'x'", "csr_der = ''", "names = '{a.example.org}'", "policy_rule = 'x'",
        "account = 'issuers/x/accounts/y'", "spki_sha256 = ''"}) {
    EXPECT_TRUE(Refused(std::string("UPDATE orders SET ") + column)) << column;
  }
}

TEST_F(SchemaTest, HistoryIsNeverRewritten) {
  IssueCompletely();
  Issue();
  const Order order = LeaseOne().order;
  const IntentId intent = Must(queue().RecordIntent(
      order, {.action = SignaturePurpose::kNewOrder, .url = Url("/new-order"), .jws = "{}"}, ""));
  OrderCommit commit;
  commit.order = order;
  commit.settles =
      Settlement{.intent = intent, .fact = Fact{.http_status = 201, .location = "", .body = ""}};
  Must(queue().Commit(commit));

  for (const char* statement :
       {"UPDATE order_events SET message = ''", "DELETE FROM order_events",
        "UPDATE certificate_versions SET chain_pem = ''", "DELETE FROM certificate_versions",
        "UPDATE intents SET jws = ''", "DELETE FROM intents", "UPDATE facts SET body = ''",
        "DELETE FROM facts"}) {
    EXPECT_TRUE(Refused(statement)) << statement;
  }
}

}  // namespace
}  // namespace certbroker::db
