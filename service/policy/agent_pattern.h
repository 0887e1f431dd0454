// service/policy/agent_pattern.h: the agents that a rule is for.
#pragma once

#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"

namespace certbroker::policy {

// Either one agent, byte for byte, or every agent whose URI begins with a text: the pattern's,
// without its final '*'. The '*' stands for anything, a '/' and nothing at all included.
class AgentPattern {
 public:
  // kConfigInvalid: no agent's URI (AgentUriProblem); '*' elsewhere than at the end; a '*' before
  // the trust domain has ended with '/', which would let in domains of others
  // ("spiffe://example.org*" holds spiffe://example.org.attacker.example/).
  static Result<AgentPattern> Parse(std::string_view text);

  bool Matches(const AgentId& agent) const;
  bool is_prefix() const { return is_prefix_; }
  std::string ToString() const { return is_prefix_ ? text_ + "*" : text_; }

  friend bool operator==(const AgentPattern&, const AgentPattern&) = default;

 private:
  AgentPattern(std::string text, bool is_prefix) : text_(std::move(text)), is_prefix_(is_prefix) {}
  std::string text_;
  bool is_prefix_;
};

}  // namespace certbroker::policy
