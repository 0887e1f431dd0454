// service/policy/explanation.h: why policy says what it says, rule by rule.
//
// Not a second opinion: the verdict is FindGrant's own, and a property test holds the findings
// against it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "service/policy/grant.h"

namespace certbroker::policy {

// How far a rule goes along with a wish: what it is asked first and does not grant.
enum class Outcome { kGrants, kNotTheNames, kNotTheIssuer, kNotTheProfile, kNotTheKey };

std::string_view ToString(Outcome outcome);  // "GRANTS", "NOT_THE_NAMES"

struct Finding {
  std::string rule;
  Outcome outcome = Outcome::kGrants;
  std::string because;  // for people: what it lacks, or grants
};

struct Explanation {
  std::string policy_version = {};
  std::vector<Identifier> names = {};  // of the wish
  // Of every rule that names the agent, in the order of the policy; the first that grants counts.
  std::vector<Finding> findings = {};
  std::size_t other_rules = 0;  // that do not name it
  Result<Grant> verdict;        // as FindGrant
};

// `own`: the rules that name the agent, of `all`. Thread-safe; no I/O.
Explanation Explain(const RuleList& own, std::size_t all, const Wish& wish);

}  // namespace certbroker::policy
