// Header fields of a CA's answer: Link (RFC 8288), Location and Retry-After (RFC 9110),
// Replay-Nonce (RFC 8555 §6.5.1). Input: lines of "name: value", names in lower case as the HTTP
// client gives them.
#include <algorithm>
#include <chrono>

#include "acme/link.h"
#include "acme/nonce_pool.h"
#include "acme/problem.h"
#include "acme/retry_after.h"
#include "core/check.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr Time kNow = std::chrono::sys_days{std::chrono::November / 21 / 2026};
constexpr std::size_t kMostLinks = 64;
constexpr std::size_t kMostAlternates = 16;
constexpr std::size_t kLongestNonce = 1024;

HttpResponse ResponseWith(std::string_view lines) {
  HttpResponse response;
  response.status = 429;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    response.headers.emplace_back(line.substr(0, colon), value);
  }
  return response;
}

bool TryLinks(const HttpResponse& response, const HttpsUrl& base) {
  const auto links = acme::Links(response, base);
  CERTBROKER_CHECK(links.size() <= kMostLinks);
  for (const acme::Link& link : links) {
    CheckUrl(link.target);
    CERTBROKER_CHECK(!link.rel.empty());
    CERTBROKER_CHECK(link.rel.find_first_of(" ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos);
  }
  return !links.empty();
}

void CheckAlternates(const HttpResponse& response, const HttpsUrl& base) {
  const auto urls = acme::AlternatesOf(response, base);
  CERTBROKER_CHECK(urls.size() <= kMostAlternates);
  for (const HttpsUrl& url : urls) {
    CheckUrl(url);
    CERTBROKER_CHECK(url != base && std::count(urls.begin(), urls.end(), url) == 1);
  }
}

bool TryLocation(const HttpResponse& response, const HttpsUrl& base) {
  const auto location = acme::LocationOf(response, base);
  if (location) {
    CheckUrl(*location);
  } else {
    CheckError(location.error());
  }
  return location.has_value();
}

bool TryRetryAfter(const HttpResponse& response) {
  const auto delay = acme::RetryAfter(response, kNow);
  if (!delay) return false;
  CERTBROKER_CHECK(*delay >= acme::kMinRetryAfter && *delay <= acme::kMaxRetryAfter);
  const Error error = acme::ToError(response, kNow);
  CERTBROKER_CHECK(error.retry_after() == std::chrono::ceil<std::chrono::seconds>(*delay));
  return true;
}

bool TryNonce(const HttpResponse& response) {
  const auto nonce = acme::NonceOf(response);
  if (!nonce) return false;
  CERTBROKER_CHECK(!nonce->ToString().empty() && nonce->ToString().size() <= kLongestNonce);
  CERTBROKER_CHECK(IsBase64UrlText(nonce->ToString()));
  return true;
}

}  // namespace

bool Try(std::string_view input) {
  static const HttpsUrl base = *HttpsUrl::Parse("https://ca.example/acme/order/1");
  const HttpResponse response = ResponseWith(input);
  CheckError(acme::ToError(response, kNow));
  CheckAlternates(response, base);
  const int found =
      static_cast<int>(TryLinks(response, base)) + static_cast<int>(TryLocation(response, base)) +
      static_cast<int>(TryRetryAfter(response)) + static_cast<int>(TryNonce(response));
  return found > 0;
}

}  // namespace certbroker::fuzz
