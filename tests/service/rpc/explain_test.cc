// ExplainIssuance, and IssueCertificate with validate_only: the same answers as IssueCertificate,
// and nothing stored.
#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class ExplainTest : public RpcTest {
 protected:
  static v1::ExplainIssuanceRequest Question(const std::string& name,
                                             const std::string& agent = "") {
    v1::ExplainIssuanceRequest request;
    request.set_agent(agent);
    request.add_identifiers(name);
    request.add_challenge_types("http-01");
    return request;
  }
};

TEST_F(ExplainTest, TellsAnAgentWhichRuleGrantsAndHowANameIsProven) {
  const auto answer = Agent().Explain(Question("WWW.example.org"));

  ASSERT_THAT(answer.status, IsAnswered());
  const v1::Decision& decision = answer.value;
  EXPECT_TRUE(decision.allowed());
  EXPECT_EQ(decision.agent(), kWeb01);
  EXPECT_EQ(decision.rule(), "web");
  EXPECT_EQ(decision.issuer(), "issuers/test-ca");
  EXPECT_EQ(decision.policy_version(), "1");
  ASSERT_THAT(decision.proofs(), SizeIs(1));
  EXPECT_EQ(decision.proofs(0).identifier(), "www.example.org");
  ASSERT_THAT(decision.proofs(0).ways(), SizeIs(1));
  EXPECT_EQ(decision.proofs(0).ways(0).solver(), "agent");
  EXPECT_EQ(OrderCount(), 0U);
}

TEST_F(ExplainTest, ARefusalIsAnAnswerWithWhatEachRuleLacks) {
  v1::ExplainIssuanceRequest other_issuer = Question("www.example.org");
  other_issuer.set_issuer("issuers/unknown-ca");

  const auto names = Agent().Explain(Question("mail.example.org"));
  const auto issuer = Agent().Explain(other_issuer);

  ASSERT_THAT(names.status, IsAnswered());
  EXPECT_FALSE(names.value.allowed());
  ASSERT_THAT(names.value.rules(), SizeIs(1));
  EXPECT_EQ(names.value.rules(0).outcome(), v1::Decision::Rule::NOT_THE_NAMES);
  EXPECT_THAT(names.value.rules(0).because(), HasSubstr("does not grant mail.example.org"));
  EXPECT_THAT(names.value.error().message(), HasSubstr("mail.example.org"));
  EXPECT_EQ(names.value.rule(), "");
  ASSERT_THAT(issuer.status, IsAnswered());
  ASSERT_THAT(issuer.value.rules(), SizeIs(1));
  EXPECT_EQ(issuer.value.rules(0).outcome(), v1::Decision::Rule::NOT_THE_ISSUER);
}

TEST_F(ExplainTest, ANameThatNothingCanProveIsNotAllowed) {
  v1::ExplainIssuanceRequest question = Question("www.example.org");
  question.clear_challenge_types();

  const auto answer = Agent().Explain(question);

  ASSERT_THAT(answer.status, IsAnswered());
  EXPECT_FALSE(answer.value.allowed());
  EXPECT_EQ(answer.value.rule(), "web");  // policy grants it all the same
  EXPECT_THAT(answer.value.error().message(), HasSubstr("nothing can prove control"));
}

TEST_F(ExplainTest, AgentsAskForThemselvesOperatorsForAnyone) {
  EXPECT_THAT(Agent().Explain(Question("www.example.org", kWeb01)).status, IsAnswered());
  EXPECT_THAT(Agent().Explain(Question("www.example.org", kWeb02)).status,
              IsRefusal(Reason::kInvalidArgument));
  EXPECT_THAT(Operator().Explain(Question("www.example.org")).status,
              IsRefusal(Reason::kInvalidArgument));

  const auto known = Operator().Explain(Question("www.example.org", kWeb02));
  const auto stranger =
      Operator().Explain(Question("www.example.org", "spiffe://example.org/agent/db-01"));

  ASSERT_THAT(known.status, IsAnswered());
  EXPECT_TRUE(known.value.allowed());
  ASSERT_THAT(stranger.status, IsAnswered());
  EXPECT_FALSE(stranger.value.allowed());
  EXPECT_THAT(stranger.value.rules(), SizeIs(0));
  EXPECT_EQ(stranger.value.other_rules(), 1);
}

TEST_F(ExplainTest, AQuestionThatCannotBeReadIsRefused) {
  v1::ExplainIssuanceRequest key = Question("www.example.org");
  key.set_key_type("ed25519");
  v1::ExplainIssuanceRequest challenge = Question("www.example.org");
  challenge.add_challenge_types("dns-01");

  EXPECT_THAT(Agent().Explain(Question("under_score.example.org")).status,
              IsRefusal(Reason::kNameInvalid));
  EXPECT_THAT(Agent().Explain(key).status, IsRefusal(Reason::kInvalidArgument));
  EXPECT_THAT(Agent().Explain(challenge).status, IsRefusal(Reason::kInvalidArgument));
}

TEST_F(ExplainTest, ValidateOnlySaysWhatIssueWouldAndStoresNothing) {
  v1::IssueCertificateRequest good = IssueRequest();
  good.set_validate_only(true);
  v1::IssueCertificateRequest bad = IssueRequest({"mail.example.org"});
  bad.set_validate_only(true);

  const auto answer = Agent().Issue(good);

  ASSERT_THAT(answer.status, IsAnswered());
  EXPECT_EQ(answer.value.name(), "");
  EXPECT_EQ(answer.value.policy_rule(), "web");
  EXPECT_EQ(answer.value.issuer(), "issuers/test-ca");
  EXPECT_THAT(Agent().Issue(bad).status, IsRefusal(Reason::kNameNotAuthorized));
  EXPECT_EQ(OrderCount(), 0U);
}

}  // namespace
}  // namespace certbroker::rpc
