#include "core/secret.h"

#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero is not in <cstring>

#include <algorithm>

namespace certbroker {

Secret Secret::CopyOf(std::string_view text) {
  Secret secret;
  secret.memory_ = LockedBuffer(text.size());
  std::ranges::copy(text, secret.memory_.octets().begin());
  return secret;
}

Secret::Secret(std::string&& text) : Secret(CopyOf(text)) {
  // The whole capacity, because a shrunk string leaves its old tail behind.
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace certbroker
