#include "service/policy/rule_book.h"

#include <set>

namespace certbroker::policy {

RuleBook::RuleBook(std::vector<Rule> rules) : rules_(std::move(rules)) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    for (const AgentPattern& pattern : rules_[i].agents) {
      if (pattern.is_prefix()) {
        prefixes_.push_back({pattern, i});
      } else {
        exact_[pattern.ToString()].push_back(i);
      }
    }
  }
}

RuleList RuleBook::RulesFor(const AgentId& agent) const {
  std::set<std::size_t> found;
  if (const auto exact = exact_.find(agent.ToString()); exact != exact_.end()) {
    found.insert(exact->second.begin(), exact->second.end());
  }
  for (const Prefix& prefix : prefixes_) {
    if (prefix.pattern.Matches(agent)) found.insert(prefix.rule);
  }
  RuleList rules;
  for (const std::size_t i : found) rules.push_back(&rules_[i]);
  return rules;
}

}  // namespace certbroker::policy
