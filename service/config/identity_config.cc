#include "service/config/identity_config.h"

#include <algorithm>

#include <fmt/format.h>

#include "service/config/listen_address.h"
#include "service/config/toml_table.h"

namespace certbroker::config {
namespace {

constexpr std::size_t kMaxTrustDomain = 200;
constexpr std::size_t kMostAddresses = 16;  // client/join_token.h
constexpr std::chrono::hours kDay{24};

bool IsTrustDomain(std::string_view text) {
  return text.size() <= kMaxTrustDomain && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                  c == '_';
         });
}

// Unlike a listener's.
std::string AddressProblem(std::string_view text) {
  if (text.ends_with(":0")) return "port 0 is none that agents can connect to";
  return HostPortProblem(text);
}

}  // namespace

IdentityConfig ReadIdentity(TomlTable& table, const ReadPath& required_path) {
  IdentityConfig identity;
  const TomlText domain =
      table.RequiredText("trust_domain", "the trust domain of agents, such as \"example.org\"");
  if (!IsTrustDomain(domain.value)) {
    table.Refuse(domain, fmt::format("expected at most {} characters of a-z, 0-9, '.', '-' and "
                                     "'_' (SPIFFE-ID), got \"{}\"",
                                     kMaxTrustDomain, domain.value));
  }
  identity.trust_domain = domain.value;
  identity.ca_key =
      table.RequiredText("ca_key", "the PKCS#11 URI of the agent CA's key in the HSM").value;
  identity.lifetime =
      table.DurationOr("lifetime", {std::chrono::minutes{1}, 90 * kDay}, identity.lifetime);
  identity.grace =
      table.DurationOr("grace", {std::chrono::milliseconds{0}, 365 * kDay}, identity.grace);
  identity.server_ca =
      required_path(table, "server_ca", "the path of the CA that agents.certificate ends in");
  for (const TomlText& address :
       table.RequiredTexts("addresses", "addresses where agents reach the service")) {
    if (const std::string problem = AddressProblem(address.value); !problem.empty()) {
      table.Refuse(address,
                   fmt::format("expected \"host:port\", got \"{}\": {}", address.value, problem));
    }
    identity.addresses.push_back(address.value);
    if (identity.addresses.size() == kMostAddresses + 1) {
      table.Refuse(address, fmt::format("expected at most {} addresses: they are in every join "
                                        "token; a name may have several addresses in DNS",
                                        kMostAddresses));
    }
  }
  return identity;
}

}  // namespace certbroker::config
