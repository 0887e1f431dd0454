#include "tests/support/approvals.h"

#include <utility>

#include "core/check.h"

namespace certbroker {

struct ApprovalMakerForTests {
  static Approval Make(const TestApproval& test) {
    Approval::Fields fields;
    fields.agent = AgentId(test.agent);
    fields.issuer = IssuerId(test.issuer);
    for (const std::string& issuer : test.fallback_issuers)
      fields.fallback_issuers.emplace_back(issuer);
    fields.profile = test.profile;
    std::vector<Identifier> names;
    for (const std::string& text : test.names) {
      auto name = Identifier::Parse(text);
      CERTBROKER_CHECK(name.has_value());
      names.push_back(*std::move(name));
    }
    fields.names = SortedUnique(std::move(names));
    fields.csr_der = test.csr_der;
    fields.spki_sha256 = test.spki_sha256;
    fields.policy_version = test.policy_version;
    fields.rule = test.rule;
    return Approval(std::move(fields));
  }
};

Approval MakeApproval(const TestApproval& approval) {
  return ApprovalMakerForTests::Make(approval);
}

}  // namespace certbroker
