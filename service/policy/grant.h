// service/policy/grant.h: the decision itself, as a pure function.
//
// One rule must grant all of a request: agent, every name, issuer, profile and key. Nothing is put
// together from several rules. Two rules that say "web-01 may have a.example from a public CA" and
// "web-01 may have b.internal.example from the private one" would otherwise add up to what neither
// says; and "which rule let this through?" has one answer, which is stamped on the order. An agent
// that needs names of two rules in one certificate needs a rule that says so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/identifier.h"
#include "core/ids.h"
#include "core/result.h"
#include "pki/key_type.h"
#include "service/policy/rule_book.h"

namespace certbroker::policy {

struct Wish {
  AgentId agent;                       // for the words of a denial; `own` has been chosen by it
  std::vector<Identifier> names;       // normalised; at least one
  std::optional<IssuerId> issuer;      // nothing: the rule's first
  std::optional<std::string> profile;  // nothing: the rule's first
  std::optional<pki::KeyType> key;     // nothing: a question without a key; any will do
  std::vector<IssuerId> fallback_issuers = {};  // each must be granted, too
};

struct Grant {
  const Rule* rule;  // of those that were asked
  IssuerId issuer;
  std::string profile;
};

// The first rule of `own` that grants the whole wish. Otherwise, for the first of these that is
// true: kNameNotAuthorized (no rule grants all names; one violation per refused name) ·
// kIssuerNotAllowed, kProfileNotAllowed, kKeyTypeNotAllowed (of the rules left, none has it; the
// violation's subject is the request's field).
//
// `own`: the rules that name the agent. No others come in here, so nothing of other agents' rules
// and names can be learned from an answer.
Result<Grant> FindGrant(const RuleList& own, const Wish& wish);

}  // namespace certbroker::policy
