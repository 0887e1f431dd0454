#include "service/policy/rule.h"

#include <algorithm>

namespace certbroker::policy {

bool Rule::GrantsName(const Identifier& domain) const {
  return std::ranges::any_of(names, [&](const NameGrant& grant) { return grant.Grants(domain); });
}

}  // namespace certbroker::policy
