#include "tests/fuzz/promises.h"

#include <algorithm>

#include "core/check.h"

namespace certbroker::fuzz {
namespace {

constexpr std::size_t kLongestUrl = 2048;

bool IsVisible(char c) { return c > 0x20 && c < 0x7F; }

}  // namespace

void CheckPrintable(std::string_view text) {
  CERTBROKER_CHECK(Printable(text, text.size() + 1) == text);
}

void CheckError(const Error& error, std::size_t limit) {
  CERTBROKER_CHECK(!error.detail().empty());
  CERTBROKER_CHECK(error.detail().size() <= limit);
  CheckPrintable(error.detail());
  for (const Violation& violation : error.violations()) {
    CERTBROKER_CHECK(violation.subject.size() <= limit);
    CERTBROKER_CHECK(violation.description.size() <= limit);
    CheckPrintable(violation.subject);
    CheckPrintable(violation.description);
  }
}

void CheckUrl(const HttpsUrl& url) {
  const std::string& text = url.ToString();
  CERTBROKER_CHECK(text.size() <= kLongestUrl);
  CERTBROKER_CHECK(text.starts_with("https://"));
  CERTBROKER_CHECK(std::all_of(text.begin(), text.end(), &IsVisible));
  // It goes into the protected header of a JWS as it stands.
  CERTBROKER_CHECK(text.find_first_of("\"\\<>#") == std::string::npos);
  const auto again = HttpsUrl::Parse(text);
  CERTBROKER_CHECK(again && *again == url && again->origin() == url.origin());
  // The origin is compared as a text, so it has to have one form only.
  if (url.origin().size() > kLongestUrl) return;
  const auto origin = HttpsUrl::Parse(url.origin());
  CERTBROKER_CHECK(origin && origin->origin() == url.origin());
}

bool IsBase64UrlText(std::string_view text) {
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
         std::string_view::npos;
}

}  // namespace certbroker::fuzz
