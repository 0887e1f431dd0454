// tests/fakes/scripted_ca/identifier.h: what a certificate can be asked for (RFC 8555 §9.7.7, RFC
// 8738).
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/scripted_ca/problem.h"

namespace certbroker::scripted_ca {

struct Identifier {
  std::string type;   // "dns" or "ip"
  std::string value;  // lower case; may begin with "*." in orders, never in authorizations

  bool wildcard() const { return value.starts_with("*."); }
  // Without the "*.".
  std::string base() const { return wildcard() ? value.substr(2) : value; }

  friend auto operator<=>(const Identifier&, const Identifier&) = default;
};

Json ToJson(const Identifier& identifier);

// The "identifiers" of a newOrder: sorted, each once. malformed, unsupportedIdentifier or, with a
// subproblem per name, rejectedIdentifier.
Outcome<std::vector<Identifier>> ParseIdentifiers(const Json& payload);

// Whether it could be a host name with at least two labels; a "*." in front is allowed.
bool IsDnsName(std::string_view name);
// The text form that inet_ntop writes, or nothing when it is no address.
std::string CanonicalIp(const std::string& text);
// "a.example, b.example"
std::string Listed(const std::vector<Identifier>& identifiers);

}  // namespace certbroker::scripted_ca
