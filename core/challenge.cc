#include "core/challenge.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/bytes.h"
#include "core/check.h"

namespace certbroker {
namespace {

struct Row {
  ChallengeType type;
  std::string_view name;
  bool is_dns_record;
};
constexpr auto kTypes = std::to_array<Row>({
    {ChallengeType::kHttp01, "http-01", false},
    {ChallengeType::kDns01, "dns-01", true},
    {ChallengeType::kTlsAlpn01, "tls-alpn-01", false},
    {ChallengeType::kDnsAccount01, "dns-account-01", true},
    {ChallengeType::kDnsPersist01, "dns-persist-01", true},
});

const Row& RowOf(ChallengeType type) {
  const auto* found = std::ranges::find(kTypes, type, &Row::type);
  CERTBROKER_CHECK(found != kTypes.end());
  return *found;
}

}  // namespace

std::string_view ToString(ChallengeType type) { return RowOf(type).name; }

std::optional<ChallengeType> ChallengeTypeFromName(std::string_view name) {
  const auto* found = std::ranges::find(kTypes, name, &Row::name);
  if (found == kTypes.end()) return std::nullopt;
  return found->type;
}

std::string JoinTypes(const std::vector<ChallengeType>& types) {
  std::string out;
  for (const ChallengeType type : types) {
    if (!out.empty()) out += ", ";
    out += ToString(type);
  }
  return out;
}

bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTokenSize && HasOnlyBase64UrlCharacters(text);
}

bool CanProve(ChallengeType type, const Identifier& base, bool wildcard) {
  const bool is_dns_record = RowOf(type).is_dns_record;
  if (wildcard) return is_dns_record;
  return !base.is_ip() || !is_dns_record;
}

std::string FailedChallenge::ToString() const {
  return fmt::format("{} {} {}", certbroker::ToString(type), solver, name);
}

std::optional<FailedChallenge> FailedChallenge::Parse(std::string_view text) {
  const std::size_t first = text.find(' ');
  const std::size_t second = text.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const auto type = ChallengeTypeFromName(text.substr(0, first));
  if (!type) return std::nullopt;
  return FailedChallenge{.name = std::string(text.substr(second + 1)),
                         .type = *type,
                         .solver = std::string(text.substr(first + 1, second - first - 1))};
}

}  // namespace certbroker
