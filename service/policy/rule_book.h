// service/policy/rule_book.h: the rules of a policy, and which of them are for an agent.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ids.h"
#include "service/policy/rule.h"

namespace certbroker::policy {

using RuleList = std::vector<const Rule*>;  // in the order of the file

// Fleets have a rule per host, so exact agents are looked up, and only prefixes are tried one by
// one. Immutable; any thread.
class RuleBook {
 public:
  explicit RuleBook(std::vector<Rule> rules);

  // Every rule with a pattern that matches, each once. The pointers live as long as the book.
  RuleList RulesFor(const AgentId& agent) const;
  const std::vector<Rule>& rules() const { return rules_; }

 private:
  struct Prefix {
    AgentPattern pattern;
    std::size_t rule;
  };
  std::vector<Rule> rules_;
  std::unordered_map<std::string, std::vector<std::size_t>> exact_;  // URI → indices of rules_
  std::vector<Prefix> prefixes_;
};

}  // namespace certbroker::policy
