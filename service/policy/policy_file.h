// service/policy/policy_file.h: reads the rules of a policy file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "service/policy/rule.h"

namespace certbroker::policy {

struct PolicyFile {
  std::string version;      // [A-Za-z0-9._:+-]{1,64}
  std::vector<Rule> rules;  // in the order of the file; none: nobody may have anything
};

// The format is described in deploy/config/policy.toml. kConfigInvalid with all problems of the
// file, each with file, line and key (see config::ReadToml). With `configured`, a rule that names
// another issuer is one: it would be a dead letter.
Result<PolicyFile> ParsePolicyFile(std::string_view toml, const std::string& file_name,
                                   const std::vector<IssuerId>* configured = nullptr);

}  // namespace certbroker::policy
