// tests/service/config/example_config.h: a small valid configuration, with every required key, for
// tests to spoil.
#pragma once

#include <string>

namespace certbroker::config {

inline std::string ExampleConfig() {
  return R"([database]
url = "postgresql:///certbroker?host=/run/postgresql"
[keystore]
module = "/usr/lib/softhsm/libsofthsm2.so"
token = "certbroker"
pin_file = "pin"
[agents]
listen = "127.0.0.1:8443"
certificate = "server.pem"
key = "server-key.pem"
client_ca = "agent-ca.pem"
[operators]
socket = "/run/certbroker/operator.sock"
[policy]
file = "policy.toml"
[engine]
workers = 8
lease = "30s"
ca_timeout = "15s"
[log]
level = "info"
[[issuers]]
name = "pebble"
directory = "https://127.0.0.1:14000/dir"
roots = "roots.pem"
)";
}

}  // namespace certbroker::config
