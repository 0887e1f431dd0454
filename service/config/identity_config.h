// service/config/identity_config.h: [identity]: the service's own CA for agents, as the
// configuration file has it. docs/agents.md is the operator's page.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace certbroker::config {

class TomlTable;

struct IdentityConfig {
  // Required. [a-z0-9._-]{1,200}: agents are spiffe://{trust domain}/agent/{name}. For good: what
  // it was is in every policy and every object.
  std::string trust_domain;
  // Required. PKCS#11 URI of the first agent CA's key; later ones are prepared by operators.
  std::string ca_key;
  std::chrono::milliseconds lifetime = std::chrono::hours{24};  // of an identity; 1 min to 90 days
  // 0 to 365 days: how long after its end an identity may still be renewed. 0: not at all.
  std::chrono::milliseconds grace = std::chrono::hours{24 * 30};
  // Required. PEM: the CA that the service's own certificate ends in. Agents pin the first one.
  std::string server_ca;
  // Required. 1 to 16 of "host:port", where agents reach the service; they are in every join token.
  std::vector<std::string> addresses;
};

// Reads a required path, relative to the configuration's folder.
using ReadPath =
    std::function<std::string(TomlTable&, std::string_view key, std::string_view expected)>;

// Problems go to the table.
IdentityConfig ReadIdentity(TomlTable& table, const ReadPath& required_path);

}  // namespace certbroker::config
