#include "core/identifier.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace certbroker {
namespace {

constexpr std::size_t kMaxName = 253;  // RFC 1035 §2.3.4: 255 octets on the wire
constexpr std::size_t kMaxLabel = 63;

Error Invalid(std::string_view name, std::string_view why) {
  const std::string shown = Printable(name, 300);
  return Error(Reason::kNameInvalid,
               fmt::format("\"{}\" is not a name a CA issues for: {}", shown, why))
      .With({shown, Reason::kNameInvalid, std::string(why)});
}

bool IsDigits(std::string_view label) {
  return !label.empty() && std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
}

// What is wrong with one label, or empty.
std::string LabelProblem(std::string_view label) {
  if (label.empty()) return "it has an empty label (two dots in a row, or one in front)";
  if (label.size() > kMaxLabel) {
    return fmt::format("the label \"{}…\" is longer than 63 octets",
                       Printable(label.substr(0, 20)));
  }
  for (const char c : label) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') continue;
    if (c == '_') {
      return "a label holds '_', which host names cannot (RFC 1123 §2.1); rename the host";
    }
    if (c == '*') return "'*' may only be the whole first label, as in *.example.com";
    return "a label holds a character other than letters, digits and '-'";
  }
  if (label.front() == '-' || label.back() == '-') {
    return fmt::format("the label \"{}\" begins or ends with '-'", label);
  }
  if (label.size() >= 4 && label.substr(2, 2) == "--" && !label.starts_with("xn--")) {
    return fmt::format(
        "the label \"{}\" has \"--\" in third place, reserved for A-labels (RFC 5891)", label);
  }
  return {};
}

// As inet_pton takes them: no octal, no short forms, no zone.
std::optional<Bytes> IpOctetsOf(const std::string& text) {
  std::array<std::uint8_t, sizeof(in6_addr)> octets{};
  if (inet_pton(AF_INET, text.c_str(), octets.data()) == 1)
    return Bytes(octets.begin(), octets.begin() + sizeof(in_addr));
  if (inet_pton(AF_INET6, text.c_str(), octets.data()) == 1)
    return Bytes(octets.begin(), octets.end());
  return std::nullopt;
}

// glibc's text of an IPv6 address is RFC 5952's but for addresses that hold an IPv4 one, which
// AddressProblem refuses.
std::string IpText(ByteView octets) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(octets.size() == sizeof(in_addr) ? AF_INET : AF_INET6, octets.data(), text.data(),
            text.size());
  return text.data();
}

// What makes an address none of a host's, or empty.
std::string_view AddressProblem(ByteView octets) {
  if (std::ranges::all_of(octets, [](std::uint8_t octet) { return octet == 0; }))
    return "it is the unspecified address";
  if (octets.size() == sizeof(in_addr)) {
    constexpr std::uint8_t kFirstMulticast = 224;
    return octets[0] >= kFirstMulticast ? "it is a multicast, reserved or broadcast address" : "";
  }
  constexpr std::size_t kIpv4Prefix = 12;
  const bool zeroes =
      std::ranges::all_of(octets.first(10), [](std::uint8_t octet) { return octet == 0; });
  const ByteView between = octets.subspan(10, 2);
  const bool mapped = zeroes && between[0] == 0xFF && between[1] == 0xFF;
  const bool compatible = zeroes && between[0] == 0 && between[1] == 0 &&
                          (octets[kIpv4Prefix] != 0 || octets[kIpv4Prefix + 1] != 0);
  if (mapped || compatible) return "it is an IPv4 address written as IPv6; give the IPv4 address";
  return octets[0] == 0xFF ? "it is a multicast address" : "";
}

}  // namespace

std::string_view ToString(IdentifierType type) {
  return type == IdentifierType::kIp ? "ip" : "dns";
}

Result<Identifier> Identifier::FromIpOctets(ByteView octets) {
  if (octets.size() != sizeof(in_addr) && octets.size() != sizeof(in6_addr)) {
    return Invalid(Hex(octets), "an IP address has 4 or 16 octets (RFC 5280 §4.2.1.6)");
  }
  const std::string text = IpText(octets);
  if (const auto problem = AddressProblem(octets); !problem.empty()) return Invalid(text, problem);
  return Identifier(IdentifierType::kIp, text);
}

Bytes Identifier::IpOctets() const {
  return is_ip() ? IpOctetsOf(text_).value_or(Bytes()) : Bytes();
}

Result<Identifier> Identifier::Parse(std::string_view given) {
  if (std::ranges::any_of(given, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return Invalid(given, "it holds non-ASCII characters; give its A-label (xn--…) instead");
  }
  std::string text(given);
  // inet_pton works on C strings: a NUL would hide what stands behind it.
  if (text.find('\0') == std::string::npos) {
    if (const auto octets = IpOctetsOf(text)) return FromIpOctets(*octets);
  }
  return ParseDns(given, std::move(text));
}

Result<Identifier> Identifier::ParseDns(std::string_view given, std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (text.ends_with('.')) text.pop_back();
  if (text.empty()) return Invalid(given, "it is empty");
  if (text.size() > kMaxName) {
    return Invalid(given, fmt::format("it is {} octets long; the limit is 253", text.size()));
  }
  constexpr std::string_view kNoAddress =
      "it looks like an IP address, and is none in its usual form";
  if (std::ranges::count(text, ':') > 1) return Invalid(given, kNoAddress);

  std::string_view rest(text);
  if (rest.starts_with("*.")) rest.remove_prefix(2);
  std::size_t labels = 0;
  std::string_view label;
  for (bool last = false; !last; ++labels) {
    const std::size_t dot = rest.find('.');
    last = dot == std::string_view::npos;
    label = rest.substr(0, dot);
    if (std::string problem = LabelProblem(label); !problem.empty()) return Invalid(given, problem);
    if (!last) rest.remove_prefix(dot + 1);
  }
  if (labels < 2) return Invalid(given, "it has one label only; public CAs need at least two");
  if (IsDigits(label)) return Invalid(given, kNoAddress);
  return Identifier(IdentifierType::kDns, std::move(text));
}

std::vector<Identifier> SortedUnique(std::vector<Identifier> names) {
  std::ranges::sort(names);
  // Not std::ranges::unique: clang 14 cannot compile the subrange that it returns.
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string JoinNames(const std::vector<Identifier>& names, std::string_view separator) {
  std::string out;
  for (const Identifier& name : names) {
    if (!out.empty()) out += separator;
    out += name.ToString();
  }
  return out;
}

}  // namespace certbroker
