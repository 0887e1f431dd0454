// core/approval.h: the proof that policy said yes. Whoever holds one may store an order; only
// policy makes one.
#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/identifier.h"
#include "core/ids.h"

namespace certbroker {

namespace policy {
class Policy;
}
struct ApprovalMakerForTests;  // defined in tests/support/approvals.cc and nowhere else

class Approval {
 public:
  const AgentId& agent() const { return fields_.agent; }
  const IssuerId& issuer() const { return fields_.issuer; }
  // Tried in this order where the issuer cannot or will not; none of them equals it.
  const std::vector<IssuerId>& fallback_issuers() const { return fields_.fallback_issuers; }
  const std::string& profile() const { return fields_.profile; }
  const std::vector<Identifier>& names() const { return fields_.names; }
  const Bytes& csr_der() const { return fields_.csr_der; }
  const Bytes& spki_sha256() const { return fields_.spki_sha256; }
  const std::string& policy_version() const { return fields_.policy_version; }
  const std::string& rule() const { return fields_.rule; }

 private:
  friend class policy::Policy;
  friend struct ApprovalMakerForTests;
  struct Fields {
    AgentId agent;
    IssuerId issuer;
    std::vector<IssuerId> fallback_issuers;
    std::string profile;
    std::vector<Identifier> names;  // normalised, sorted, each once; equal to the CSR's
    Bytes csr_der;                  // checked: well-formed, self-signed, key allowed
    Bytes spki_sha256;              // of the CSR's key
    std::string policy_version;
    std::string rule;  // the rule that granted
  };
  explicit Approval(Fields fields) : fields_(std::move(fields)) {}
  Fields fields_;
};

}  // namespace certbroker
