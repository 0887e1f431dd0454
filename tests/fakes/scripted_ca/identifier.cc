#include "tests/fakes/scripted_ca/identifier.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace certbroker::scripted_ca {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

std::string LowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kLongestLabel) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Problem Rejected(const Json& identifier, const std::string& detail) {
  Problem problem{400, "rejectedIdentifier", detail};
  problem.more["subproblems"] =
      Json::array({{{"type", "urn:ietf:params:acme:error:rejectedIdentifier"},
                    {"detail", detail},
                    {"identifier", identifier}}});
  return problem;
}

Outcome<Identifier> ParseIdentifier(const Json& json) {
  const std::string* type = StringAt(json, "type");
  const std::string* value = StringAt(json, "value");
  if (type == nullptr || value == nullptr) return Malformed("an identifier lacks type or value");
  if (*type == "ip") {
    const std::string canonical = CanonicalIp(*value);
    // RFC 8738 §3: the text form of RFC 5952 for IPv6.
    if (canonical.empty() || canonical != *value)
      return Malformed("'" + *value + "' is no address");
    return Identifier{*type, canonical};
  }
  if (*type != "dns") {
    return Problem{400, "unsupportedIdentifier", "identifier type '" + *type + "' is unknown"};
  }
  Identifier identifier{*type, LowerCase(*value)};
  if (!IsDnsName(identifier.value)) return Rejected(json, "'" + *value + "' is no public DNS name");
  return identifier;
}

}  // namespace

Json ToJson(const Identifier& identifier) {
  return {{"type", identifier.type}, {"value", identifier.value}};
}

Outcome<std::vector<Identifier>> ParseIdentifiers(const Json& payload) {
  const auto list = payload.find("identifiers");
  if (list == payload.end() || !list->is_array() || list->empty()) {
    return Malformed("an order needs \"identifiers\"");
  }
  std::vector<Identifier> identifiers;
  for (const Json& json : *list) {
    auto identifier = ParseIdentifier(json);
    if (!identifier) return identifier.problem();
    identifiers.push_back(*std::move(identifier));
  }
  std::sort(identifiers.begin(), identifiers.end());
  identifiers.erase(std::unique(identifiers.begin(), identifiers.end()), identifiers.end());
  return identifiers;
}

bool IsDnsName(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.size() > kLongestName || name.find('.') == std::string_view::npos) return false;
  while (true) {
    const std::size_t dot = name.find('.');
    if (!IsLabel(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  // An address is no name: no top-level domain is all digits.
  return !std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string CanonicalIp(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (::inet_pton(family, text.c_str(), address.data()) != 1) continue;
    ::inet_ntop(family, address.data(), canonical.data(), canonical.size());
    return canonical.data();
  }
  return {};
}

std::string Listed(const std::vector<Identifier>& identifiers) {
  std::string list;
  for (const Identifier& identifier : identifiers) {
    list += (list.empty() ? "" : ", ") + identifier.value;
  }
  return list;
}

}  // namespace certbroker::scripted_ca
