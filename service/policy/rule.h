// service/policy/rule.h: one rule of the policy: to whom, what, from where, and how.
#pragma once

#include <string>
#include <vector>

#include "core/identifier.h"
#include "core/ids.h"
#include "pki/key_type.h"
#include "service/policy/agent_pattern.h"
#include "service/policy/name_grant.h"

namespace certbroker::policy {

// No list is empty: the file's reader sees to it.
struct Rule {
  std::string name;  // unique; stamped on every order that it grants
  std::vector<AgentPattern> agents;
  std::vector<NameGrant> names;
  std::vector<IssuerId> issuers;      // the first: for requests that name none
  std::vector<std::string> profiles;  // likewise; "" is the CA's default profile
  std::vector<pki::KeyType> keys;

  bool GrantsName(const Identifier& domain) const;
};

}  // namespace certbroker::policy
