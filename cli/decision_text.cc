#include "cli/decision_text.h"

#include <fmt/format.h>

#include "cli/failure_text.h"
#include "client/table.h"
#include "core/error.h"

namespace certbroker::cli {
namespace {

std::string Verdict(const v1::Decision& decision) {
  const std::string agent = Printable(decision.agent());
  const std::string policy = Printable(decision.policy_version());
  if (!decision.allowed()) {
    return fmt::format("NOT ALLOWED to {}, policy {}\n  {}\n", agent, policy,
                       FailureText(decision.error()));
  }
  return fmt::format(
      "ALLOWED to {} by rule {}, policy {}\n  from {}, profile: {}\n", agent,
      Printable(decision.rule()), policy, Printable(decision.issuer()),
      decision.profile().empty() ? "the CA's default" : Printable(decision.profile()));
}

std::string Rules(const v1::Decision& decision) {
  std::string text;
  if (decision.rules_size() > 0) {
    client::Table table({"RULE", "OUTCOME", "BECAUSE"});
    for (const auto& rule : decision.rules()) {
      table.Add({rule.rule(), v1::Decision::Rule::Outcome_Name(rule.outcome()), rule.because()});
    }
    text += "\n" + table.Text();
  }
  if (const int others = decision.other_rules(); others > 0) {
    text +=
        fmt::format("{}{} not name this agent.\n", decision.rules_size() > 0 ? "" : "\n",
                    others == 1 ? "1 other rule does" : fmt::format("{} other rules do", others));
  }
  return text;
}

std::string Proofs(const v1::Decision& decision) {
  client::Table table({"NAME", "PROVEN BY"});
  for (const auto& proof : decision.proofs()) {
    std::string ways;
    for (const auto& way : proof.ways()) {
      ways +=
          fmt::format("{}{} ({})", ways.empty() ? "" : ", ", way.challenge_type(), way.solver());
    }
    table.Add({proof.identifier(), ways.empty() ? "nothing" : ways});
  }
  return table.empty() ? "" : "\n" + table.Text();
}

}  // namespace

std::string DecisionText(const v1::Decision& decision) {
  return Verdict(decision) + Rules(decision) + Proofs(decision);
}

}  // namespace certbroker::cli
