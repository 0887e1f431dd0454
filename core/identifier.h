// core/identifier.h: what a certificate is for (RFC 8555 §7.1.3): a DNS name, a wildcard, or an IP
// address. Nobody else lower-cases, splits or compares one.
//
// The value is the normalised form, and the only one that is stored, compared, granted or sent: a
// DNS name in lower-case A-labels without trailing dot, optionally with "*." in front (RFC 8555
// §7.1.4, RFC 5890); an IP address in the text of RFC 8738 §3: dotted decimal, or RFC 5952's.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace certbroker {

enum class IdentifierType : std::uint8_t { kDns, kIp };
std::string_view ToString(IdentifierType type);  // "dns", "ip" (RFC 8555 §9.7.7, RFC 8738 §3)

class Identifier {
 public:
  // Upper case and one trailing dot are normalised, and so is every spelling of an IPv6 address.
  // Everything else that a CA would refuse is kNameInvalid with the label and the rule: underscore,
  // empty label, label > 63, name > 253, hyphen at an edge, one label only, '*' anywhere but as the
  // whole first label, non-ASCII (pki::ParseRequestedName names the A-label for that), an address
  // that is no host's (unspecified, multicast, broadcast, IPv4 written as IPv6).
  static Result<Identifier> Parse(std::string_view text);
  // Of a certificate's or CSR's iPAddress (RFC 5280 §4.2.1.6): 4 or 16 octets, else kNameInvalid.
  static Result<Identifier> FromIpOctets(ByteView octets);

  const std::string& ToString() const { return text_; }
  IdentifierType type() const { return type_; }
  bool is_ip() const { return type_ == IdentifierType::kIp; }
  bool is_wildcard() const { return text_.starts_with("*."); }
  // Without "*.": the name that an authorization carries (RFC 8555 §7.1.4).
  std::string_view base() const { return std::string_view(text_).substr(is_wildcard() ? 2 : 0); }
  // Of an IP address: 4 or 16 octets in network order. Empty for a DNS name.
  Bytes IpOctets() const;

  friend auto operator<=>(const Identifier& a, const Identifier& b) { return a.text_ <=> b.text_; }
  friend bool operator==(const Identifier& a, const Identifier& b) { return a.text_ == b.text_; }

 private:
  static Result<Identifier> ParseDns(std::string_view given, std::string text);
  Identifier(IdentifierType type, std::string text) : type_(type), text_(std::move(text)) {}

  IdentifierType type_;
  std::string text_;  // of the two types never the same
};

// Sorted, each once: the form in which two requests for the same names look the same.
std::vector<Identifier> SortedUnique(std::vector<Identifier> names);
// "a.example.com, b.example.com".
std::string JoinNames(const std::vector<Identifier>& names, std::string_view separator = ", ");

}  // namespace certbroker
