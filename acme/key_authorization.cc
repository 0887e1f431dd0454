#include "acme/key_authorization.h"

#include <array>
#include <cstdint>

#include <openssl/sha.h>

#include "core/bytes.h"
#include "core/challenge.h"
#include "core/check.h"

namespace certbroker::acme {

std::string Thumbprint(const Jwk& key) {
  const ByteView text = AsBytes(key.canonical_json);
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(text.data(), text.size(), digest.data());
  return Base64Url(digest);
}

std::string KeyAuthorization(std::string_view token, const Jwk& key) {
  CERTBROKER_CHECK(IsToken(token));
  return std::string(token) + "." + Thumbprint(key);
}

}  // namespace certbroker::acme
