// URLs as a CA sends them, and references resolved against them (RFC 3986 §5.2).
// Input: a URL, a line feed, a reference.
#include "acme/link.h"
#include "core/check.h"
#include "core/https_url.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

// What a reference without scheme and host may change: path and query, never the server.
void CheckResolved(const HttpsUrl& base, std::string_view reference) {
  const auto url = acme::ResolveUrl(base, reference);
  if (!url) {
    CheckError(url.error());
    return;
  }
  CheckUrl(*url);
  const bool names_server =
      reference.starts_with("//") || reference.find(':') < reference.find_first_of("/?#");
  CERTBROKER_CHECK(names_server || url->origin() == base.origin());
  const auto again = acme::ResolveUrl(base, url->ToString());
  CERTBROKER_CHECK(again && *again == *url);
}

}  // namespace

bool Try(std::string_view input) {
  const std::size_t split = input.find('\n');
  const std::string_view text = input.substr(0, split);
  const auto url = HttpsUrl::Parse(text);
  if (!url) {
    CheckError(url.error());
    return false;
  }
  CERTBROKER_CHECK(url->ToString() == text);
  CheckUrl(*url);
  if (split != std::string_view::npos) CheckResolved(*url, input.substr(split + 1));
  return true;
}

}  // namespace certbroker::fuzz
