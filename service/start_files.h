// service/start_files.h: everything that stands in files, read and checked before anything is
// started.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "pki/trust_anchors.h"
#include "service/config/config.h"
#include "service/policy/policy.h"
#include "service/rpc/server.h"

namespace certbroker {

struct StartFiles {
  config::Config config;
  policy::Policy policy;
  std::vector<pki::TrustAnchors> roots;  // by issuer, in the order of the configuration
  rpc::ListenerOptions listeners;
  std::optional<pki::TrustAnchors> operators_cas;  // of agents.client_ca
  std::string server_ca_pem;                       // of identity.server_ca; empty: no [identity]
};

// Reads the configuration and what it names: the policy, the service's chain and key, the CA
// bundles. Looks at nothing else of the machine: neither token, database nor addresses.
//
// kConfigInvalid with a violation for everything that is wrong, in the configuration or in what it
// names: the key (of the configuration or the policy), and "file:line: key: what".
Result<StartFiles> ReadStartFiles(const std::string& config_file);

// The policy file alone, as it is now. kConfigInvalid, as above.
Result<policy::Policy> ReadPolicyAgain(const config::Config& config);

}  // namespace certbroker
