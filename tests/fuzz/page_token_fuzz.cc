// Page tokens as clients send them back (AIP-158). Input: the list's name, a line feed, a token.
#include <string>

#include "core/check.h"
#include "core/page_token.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

void CheckRoundTrip(const std::string& list, std::string_view last) {
  const std::string token = MakePageToken(list, last);
  CERTBROKER_CHECK(IsBase64UrlText(token));
  const auto read = ReadPageToken(list, token);
  CERTBROKER_CHECK(read && *read == last);
  const auto elsewhere = ReadPageToken(list + "x", token);
  CERTBROKER_CHECK(!elsewhere);
  CheckError(elsewhere.error());
}

}  // namespace

bool Try(std::string_view input) {
  const std::size_t split = input.find('\n');
  const std::string list(input.substr(0, split));
  const std::string_view token =
      split == std::string_view::npos ? std::string_view() : input.substr(split + 1);
  CheckRoundTrip(list, token);
  const auto last = ReadPageToken(list, token);
  if (!last) {
    CheckError(last.error());
    return false;
  }
  // Two tokens for one place would let a changed one pass.
  CERTBROKER_CHECK(MakePageToken(list, *last) == token);
  return true;
}

}  // namespace certbroker::fuzz
