// service/policy/policy.h: who may have which certificate. The only maker of an Approval, and so
// the only way to an order.
//
// Authorizations at a CA belong to the account, not to the agent that proved a name: with one
// account, this policy is all that stands between one agent and another's names (1.13 of the
// reliability notes). Hence it is asked twice: before an order is stored, and again before it is
// finalized.
//
// Deny by default: what no rule grants is refused. A request is granted by one rule as a whole
// (service/policy/grant.h says why), the first in the order of the file. The format of the file is
// described in deploy/config/policy.toml.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/approval.h"
#include "core/bytes.h"
#include "core/ids.h"
#include "core/order.h"
#include "core/result.h"
#include "service/policy/explanation.h"
#include "service/policy/rule_book.h"

namespace certbroker::policy {

// What an agent asks for, as it came in.
struct IssuanceRequest {
  AgentId agent;  // from AgentIdentity
  Bytes csr_der;
  std::vector<std::string> names;
  std::string issuer;  // empty: the first of the granting rule
  // Tried in this order where that one cannot or will not.
  std::vector<std::string> fallback_issuers = {};
  std::string profile;  // likewise
};

// Immutable: a new policy is a new object. Thread-safe; no I/O, no waiting; below a millisecond,
// most of it for the CSR's signature.
class Policy {
 public:
  static constexpr std::size_t kMaxNames = 100;  // per certificate; Let's Encrypt's limit

  // kConfigInvalid with every problem of the file as a violation "file:line: key: what". With
  // `configured`, an issuer of a rule that is not among them is one.
  static Result<Policy> Parse(std::string_view toml, const std::string& file_name,
                              const std::vector<IssuerId>* configured = nullptr);
  // kConfigInvalid also if it cannot be read, without a violation.
  static Result<Policy> Load(const std::string& path,
                             const std::vector<IssuerId>* configured = nullptr);

  // Yes as an Approval, stamped with version and rule; or the reason, with a violation for each
  // name or field, and what to change.
  //
  // Wrong in themselves, whoever asks: kInvalidArgument (no name, more than 100), kNameInvalid,
  // kCsrInvalid, kKeyTypeNotAllowed (no public CA takes it), kCsrNameMismatch. Refused to this
  // agent: kNameNotAuthorized, kIssuerNotAllowed, kProfileNotAllowed, kKeyTypeNotAllowed. The
  // answer tells nothing of rules that do not name the agent.
  Result<Approval> Evaluate(const IssuanceRequest& request) const;

  // The same question for an order that was approved once, with its issuer, profile and CSR as they
  // are: before finalize, since the policy may have changed (T2) or the row been tampered with
  // (T34). Errors as Evaluate; then the order must not go on.
  Result<void> Recheck(const Order& order) const;

  // The same question before there is a key or a CSR, and its answer rule by rule. Errors: what is
  // wrong with the question itself, as Evaluate.
  struct Question {
    AgentId agent;
    std::vector<std::string> names;
    std::string issuer = {};                         // as in IssuanceRequest
    std::vector<std::string> fallback_issuers = {};  // likewise
    std::string profile = {};                        // likewise
    std::string key_type = {};                       // "ec-p256"; empty: whichever is granted
  };
  Result<Explanation> Explain(const Question& question) const;

  const std::string& version() const { return version_; }

 private:
  Policy(std::string version, RuleBook rules)
      : version_(std::move(version)), rules_(std::move(rules)) {}

  std::string version_;
  RuleBook rules_;
};

}  // namespace certbroker::policy
