// Names and addresses as somebody asks for them. Input: one identifier.
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "core/check.h"
#include "core/identifier.h"
#include "pki/requested_name.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

// RFC 8738 §3, told by the C library.
void CheckAddress(const Identifier& identifier) {
  const std::string& text = identifier.ToString();
  const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  CERTBROKER_CHECK(::inet_pton(family, text.c_str(), octets.data()) == 1);
  ::inet_ntop(family, octets.data(), canonical.data(), canonical.size());
  CERTBROKER_CHECK(text == canonical.data());
  CERTBROKER_CHECK(!identifier.is_wildcard());
  const Bytes own = identifier.IpOctets();
  CERTBROKER_CHECK(std::equal(own.begin(), own.end(), octets.begin()));
  const auto again = Identifier::FromIpOctets(own);
  CERTBROKER_CHECK(again && *again == identifier);
}

// RFC 1123 §2.1, RFC 5890: lower-case letters, digits and hyphens, at least two labels.
void CheckDnsName(const Identifier& identifier) {
  std::string_view rest = identifier.base();
  CERTBROKER_CHECK(identifier.ToString().size() <= kLongestName);
  CERTBROKER_CHECK(rest.find('.') != std::string_view::npos);
  CERTBROKER_CHECK(rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") ==
                   std::string_view::npos);
  while (true) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    CERTBROKER_CHECK(!label.empty() && label.size() <= kLongestLabel);
    CERTBROKER_CHECK(label.front() != '-' && label.back() != '-');
    if (label.size() == rest.size()) break;
    rest.remove_prefix(label.size() + 1);
  }
  CERTBROKER_CHECK(identifier.is_wildcard() == (identifier.base() != identifier.ToString()));
  CERTBROKER_CHECK(identifier.IpOctets().empty());
}

void CheckIdentifier(const Identifier& identifier) {
  const auto again = Identifier::Parse(identifier.ToString());
  CERTBROKER_CHECK(again && *again == identifier && again->is_ip() == identifier.is_ip());
  if (identifier.is_ip()) {
    CheckAddress(identifier);
  } else {
    CheckDnsName(identifier);
  }
}

}  // namespace

bool Try(std::string_view input) {
  const auto plain = Identifier::Parse(input);
  if (plain) {
    CheckIdentifier(*plain);
  } else {
    CheckError(plain.error());
  }
  const auto requested = pki::ParseRequestedName(input);
  if (!requested) {
    CheckError(requested.error());
    return false;
  }
  // It only refuses more, and reads nothing differently.
  CERTBROKER_CHECK(plain && *plain == *requested);
  const auto again = pki::ParseRequestedName(requested->ToString());
  CERTBROKER_CHECK(again && *again == *requested);
  return true;
}

}  // namespace certbroker::fuzz
