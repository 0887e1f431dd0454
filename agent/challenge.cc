#include "agent/challenge.h"

#include <fmt/format.h>

#include "core/bytes.h"

namespace certbroker::agent {
namespace {

constexpr std::size_t kThumbprintSize = 43;  // 32 octets of SHA-256, without padding

}  // namespace

Result<void> CheckForm(const Challenge& challenge) {
  if (!IsToken(challenge.token)) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("'{}' is no token of RFC 8555", Printable(challenge.token)));
  }
  std::string_view rest = challenge.key_authorization;
  const bool begins = rest.starts_with(challenge.token + ".");
  if (begins) rest.remove_prefix(challenge.token.size() + 1);
  if (!begins || rest.size() != kThumbprintSize || !HasOnlyBase64UrlCharacters(rest)) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("the key authorization for token {} is not the token, '.', and a "
                             "thumbprint of {} characters (RFC 8555 §8.1)",
                             challenge.token, kThumbprintSize));
  }
  return {};
}

}  // namespace certbroker::agent
