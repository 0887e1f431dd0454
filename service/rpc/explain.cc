#include "service/rpc/explain.h"

#include <fmt/format.h>

#include "core/check.h"
#include "service/identity/agent_name.h"
#include "service/rpc/issuance_wish.h"
#include "service/rpc/provability.h"
#include "service/rpc/resource_names.h"
#include "service/rpc/status.h"

namespace certbroker::rpc {
namespace {

v1::Decision::Rule::Outcome ToProto(policy::Outcome outcome) {
  switch (outcome) {
    case policy::Outcome::kGrants:
      return v1::Decision::Rule::GRANTS;
    case policy::Outcome::kNotTheNames:
      return v1::Decision::Rule::NOT_THE_NAMES;
    case policy::Outcome::kNotTheIssuer:
      return v1::Decision::Rule::NOT_THE_ISSUER;
    case policy::Outcome::kNotTheProfile:
      return v1::Decision::Rule::NOT_THE_PROFILE;
    case policy::Outcome::kNotTheKey:
      return v1::Decision::Rule::NOT_THE_KEY;
  }
  CERTBROKER_CHECK(false);
}

void AddRules(const policy::Explanation& explanation, v1::Decision& decision) {
  for (const policy::Finding& finding : explanation.findings) {
    auto* rule = decision.add_rules();
    rule->set_rule(finding.rule);
    rule->set_outcome(ToProto(finding.outcome));
    rule->set_because(finding.because);
  }
  if (!explanation.verdict) return;
  decision.set_rule(explanation.verdict->rule->name);
  decision.set_issuer(IssuerName(explanation.verdict->issuer));
  decision.set_profile(explanation.verdict->profile);
}

void AddProofs(const policy::Explanation& explanation, const std::vector<ChallengeType>& by_agent,
               const SolverPlan& solvers, v1::Decision& decision) {
  for (const Identifier& name : explanation.names) {
    auto* proof = decision.add_proofs();
    proof->set_identifier(std::string(name.ToString()));
    for (const ChallengeOption& option : WaysToProve(name, by_agent, solvers)) {
      auto* way = proof->add_ways();
      way->set_challenge_type(std::string(ToString(option.type)));
      way->set_solver(option.solver);
    }
  }
}

}  // namespace

Result<AgentId> AskedFor(const Caller& caller, std::string_view agent,
                         std::string_view trust_domain) {
  if (caller.role == Role::kAgent && agent.empty()) return caller.id;
  ASSIGN_OR_RETURN(AgentId asked, identity::ParseAgentName("agent", agent, trust_domain));
  if (caller.role == Role::kOperator || asked == caller.id) return asked;
  return InvalidField("agent", "is somebody else: an agent may ask for itself only");
}

Result<v1::Decision> Explain(const policy::Policy& policy, const SolverPlan& solvers,
                             const Caller& caller, const AgentId& agent,
                             const v1::ExplainIssuanceRequest& request) {
  policy::Policy::Question question;
  question.agent = agent;
  RETURN_IF_ERROR(ReadWish(request, question));
  question.key_type = request.key_type();
  ASSIGN_OR_RETURN(const auto by_agent, AgentChallengesOf(request.challenge_types()));
  ASSIGN_OR_RETURN(const policy::Explanation explanation, policy.Explain(question));

  v1::Decision decision;
  decision.set_agent(agent.ToString());
  decision.set_policy_version(explanation.policy_version);
  AddRules(explanation, decision);
  if (caller.role == Role::kOperator) {
    decision.set_other_rules(static_cast<std::int32_t>(explanation.other_rules));
  }
  AddProofs(explanation, by_agent, solvers, decision);
  if (!explanation.verdict) {
    *decision.mutable_error() = ToProto(explanation.verdict.error());
  } else if (const auto provable = CheckProvable(explanation.names, by_agent, solvers); !provable) {
    *decision.mutable_error() = ToProto(provable.error());
  }
  decision.set_allowed(!decision.has_error());
  return decision;
}

}  // namespace certbroker::rpc
