// tests/fakes/scripted_ca/tls_identity.h: who the server is to clients, which has nothing to do
// with whom it certifies.
#pragma once

#include <string>

#include "core/random.h"

namespace certbroker::scripted_ca {

struct TlsIdentity {
  std::string root_pem;         // what clients trust
  std::string certificate_pem;  // of the server
  std::string key_pem;
};

// For `host` (a name or an address), localhost and the loopback addresses; valid for a year of the
// real clock, which is what TLS libraries read.
TlsIdentity MakeTlsIdentity(const std::string& host, Random& random);

}  // namespace certbroker::scripted_ca
