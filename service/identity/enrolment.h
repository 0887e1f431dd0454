// service/identity/enrolment.h: what a service with an agent CA of its own has, in one place.
#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"
#include "service/identity/agent_ca_keeper.h"
#include "service/identity/identity_issuer.h"

namespace certbroker::identity {

struct Enrolment {
  std::string trust_domain;
  std::vector<std::string> addresses;  // where agents reach the service: "host:port"
  std::string server_ca_pem;           // what the service's own certificate ends in
  Bytes server_ca_sha256;              // of the first certificate there (DER), which agents pin
  IdentityIssuer& issuer;
  AgentCaKeeper& keeper;
};

}  // namespace certbroker::identity
