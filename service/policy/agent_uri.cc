#include "service/policy/agent_uri.h"

#include <algorithm>

namespace certbroker::policy {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr std::size_t kMaxUri = 2048;         // SPIFFE-ID §2.3
constexpr std::size_t kMaxTrustDomain = 255;  // SPIFFE-ID §2.3

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsMark(char c) { return c == '.' || c == '-' || c == '_'; }
bool IsPathCharacter(char c) {
  return IsLowerOrDigit(c) || IsMark(c) || (c >= 'A' && c <= 'Z') || c == '/';
}

}  // namespace

std::string AgentUriProblem(std::string_view text) {
  if (text.size() > kMaxUri) return "it is longer than 2048 octets";
  if (!text.starts_with(kScheme)) return "it does not begin with spiffe://";
  text.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view domain = text.substr(0, slash);
  if (domain.empty()) return "it has no trust domain";
  if (domain.size() > kMaxTrustDomain) return "its trust domain is longer than 255 octets";
  if (!std::ranges::all_of(domain, [](char c) { return IsLowerOrDigit(c) || IsMark(c); })) {
    return "its trust domain holds a character other than a-z, 0-9, '.', '-', '_'";
  }
  if (slash == text.size()) return "it has no path; a trust domain is not an agent";
  std::string_view path = text.substr(slash);
  if (!std::ranges::all_of(path, IsPathCharacter)) {
    return "its path holds a character other than A-Z, a-z, 0-9, '.', '-', '_', '/'";
  }
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment.empty()) return "its path has an empty segment";
    if (segment == "." || segment == "..") return "its path has a \".\" or \"..\" segment";
    path.remove_prefix(segment.size());
  }
  return {};
}

}  // namespace certbroker::policy
