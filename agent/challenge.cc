#include "agent/challenge.h"

#include <algorithm>

#include <fmt/format.h>

namespace certbroker::agent {
namespace {

constexpr std::size_t kTokenLimit = 256;
constexpr std::size_t kThumbprintSize = 43;  // 32 octets of SHA-256, without padding

bool IsBase64Url(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= kTokenLimit && std::ranges::all_of(text, IsBase64Url);
}

Result<void> CheckForm(const Challenge& challenge) {
  if (!IsToken(challenge.token)) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("'{}' is no token of RFC 8555", Printable(challenge.token)));
  }
  std::string_view rest = challenge.key_authorization;
  const bool begins = rest.starts_with(challenge.token + ".");
  if (begins) rest.remove_prefix(challenge.token.size() + 1);
  if (!begins || rest.size() != kThumbprintSize || !std::ranges::all_of(rest, IsBase64Url)) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("the key authorization for token {} is not the token, '.', and a "
                             "thumbprint of {} characters (RFC 8555 §8.1)",
                             challenge.token, kThumbprintSize));
  }
  return {};
}

}  // namespace certbroker::agent
