#include "client/join_token.h"

#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero is not in <cstring>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace certbroker::client {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kForm = "CBJ1.";
constexpr std::size_t kSha256Octets = 32;
constexpr std::size_t kMostAddresses = 16;
constexpr std::size_t kLongestHost = 253;
constexpr std::int64_t kEndOfTime = 253'402'300'799;  // the last second of the year 9999
constexpr std::size_t kMembers = 5;

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsJoinHost(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  return !host.empty() && host.size() <= kLongestHost &&
         std::ranges::all_of(host, [bracketed](char c) {
           return IsLetterOrDigit(c) || c == '.' || c == (bracketed ? ':' : '-');
         });
}

bool IsJoinAddress(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || !IsJoinHost(address.substr(0, colon))) return false;
  const std::string_view digits = address.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return code == std::errc() && end == digits.data() + digits.size() && port != 0;
}

bool AreJoinAddresses(const std::vector<std::string>& addresses) {
  return !addresses.empty() && addresses.size() <= kMostAddresses &&
         std::ranges::all_of(addresses, [](const std::string& a) { return IsJoinAddress(a); });
}

std::int64_t SecondsSince1970(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

bool IsJoinExpiry(std::int64_t seconds) { return seconds > 0 && seconds <= kEndOfTime; }

// Empty: nothing. None of the values needs quoting in JSON once it has passed.
std::string_view ProblemOf(const JoinLine& line) {
  if (!AreJoinAddresses(line.addresses)) return "its addresses are not 1 to 16 of HOST:PORT";
  if (line.ca_sha256.size() != kSha256Octets) return "its CA fingerprint is not 32 octets";
  if (line.secret.ExposeForUse().size() != kJoinSecretOctets) return "its secret is not 32 octets";
  if (!IsJoinExpiry(SecondsSince1970(line.expire_time))) return "its expiry is no time to come";
  return {};
}

Error NoToken(std::string_view why) {
  return {Reason::kJoinTokenInvalid,
          fmt::format("this is no join token: {}; paste the whole line that 'certbroker tokens "
                      "create' printed, or make a new one",
                      why)};
}

std::string_view WithoutSpaceAround(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// nullopt: not one object of kMembers members, each named once, and at most lists in it.
std::optional<Json> ReadObject(std::string_view text) {
  constexpr int kDeepest = 2;
  std::set<std::string> names;
  bool strict = true;
  const auto see = [&](int depth, Json::parse_event_t event, Json& value) {
    const bool opens =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= kDeepest) strict = false;
    if (event == Json::parse_event_t::key && !names.insert(value.get<std::string>()).second) {
      strict = false;
    }
    return strict;
  };
  Json object = Json::parse(text, see, /*allow_exceptions=*/false);
  if (!strict || !object.is_object() || object.size() != kMembers) return std::nullopt;
  return object;
}

std::string TextOf(Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return {};
  return std::move(member->get_ref<std::string&>());
}

std::vector<std::string> AddressesOf(Json& object) {
  std::vector<std::string> addresses;
  const auto member = object.find("addrs");
  if (member == object.end() || !member->is_array()) return {};
  for (Json& address : *member) {
    if (!address.is_string()) return {};
    addresses.push_back(std::move(address.get_ref<std::string&>()));
  }
  return addresses;
}

Time ExpiryOf(const Json& object) {
  const auto member = object.find("exp");
  if (member == object.end() || !member->is_number_integer()) return {};
  // A number beyond the signed ones turns negative, and is refused as such.
  const auto seconds = member->get<std::int64_t>();
  return IsJoinExpiry(seconds) ? Time(std::chrono::seconds{seconds}) : Time();
}

Secret SecretFrom(std::string text) {
  auto octets = FromBase64Url(text);
  Secret wiped(std::move(text));
  if (!octets) return {};
  Secret secret = Secret::CopyOf(AsText(*octets));
  ::explicit_bzero(octets->data(), octets->size());
  return secret;
}

}  // namespace

Result<Secret> ComposeJoinLine(const JoinLine& line) {
  if (const auto problem = ProblemOf(line); !problem.empty()) {
    return Error(Reason::kInvalidArgument, fmt::format("this makes no join token: {}", problem));
  }
  std::string addresses;
  for (const std::string& address : line.addresses) {
    addresses += fmt::format(R"({}"{}")", addresses.empty() ? "" : ",", address);
  }
  const Secret secret(Base64Url(AsBytes(line.secret.ExposeForUse())));
  const Secret json(
      fmt::format(R"({{"addrs":[{}],"ca_sha256":"{}","id":"{}","secret":"{}","exp":{}}})",
                  addresses, Hex(line.ca_sha256), line.id.ToString(), secret.ExposeForUse(),
                  SecondsSince1970(line.expire_time)));
  Secret text(std::string(kForm) + Base64Url(AsBytes(json.ExposeForUse())));
  if (text.ExposeForUse().size() > kLongestJoinLine) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("this makes no join token: it would be over {} octets; shorten "
                             "identity.addresses in the service's configuration",
                             kLongestJoinLine));
  }
  return text;
}

Result<JoinLine> ParseJoinLine(std::string_view text) {
  text = WithoutSpaceAround(text);
  if (!text.starts_with(kForm)) return NoToken("it does not begin with CBJ1.");
  if (text.size() > kLongestJoinLine) return NoToken("it is over 4096 octets");
  const std::string_view encoded = text.substr(kForm.size());
  if (!HasOnlyBase64UrlCharacters(encoded)) {
    return NoToken("it has characters that none has, a line break or a blank perhaps");
  }
  auto octets = FromBase64Url(encoded);
  if (!octets) return NoToken("its end is missing");
  auto object = ReadObject(AsText(*octets));
  ::explicit_bzero(octets->data(), octets->size());
  if (!object) return NoToken("a part of it is missing or changed");
  JoinLine line;
  line.addresses = AddressesOf(*object);
  line.ca_sha256 = FromHex(TextOf(*object, "ca_sha256")).value_or(Bytes());
  const auto id = JoinTokenId::Parse(TextOf(*object, "id"));
  if (!id) return NoToken("its id is not a UUID");
  line.id = *id;
  line.secret = SecretFrom(TextOf(*object, "secret"));
  line.expire_time = ExpiryOf(*object);
  if (const auto problem = ProblemOf(line); !problem.empty()) return NoToken(problem);
  return line;
}

}  // namespace certbroker::client
