#include "keystore/key_kind.h"

#include <algorithm>

#include <openssl/evp.h>

#include "core/check.h"

namespace certbroker::keystore {
namespace {

const EVP_MD* HashFor(KeyKind kind) {
  return kind == KeyKind::kEcP384 ? EVP_sha384() : EVP_sha256();
}

}  // namespace

std::string_view ToString(KeyKind kind) {
  switch (kind) {
    case KeyKind::kEcP256:
      return "ES256";
    case KeyKind::kEcP384:
      return "ES384";
    case KeyKind::kRsa2048:
      return "RS256";
    case KeyKind::kRsa3072:
      return "RS256-3072";
  }
  CERTBROKER_CHECK(false);
}

std::optional<KeyKind> KeyKindFromName(std::string_view name) {
  const auto* const found =
      std::ranges::find(kAllKeyKinds, name, [](KeyKind kind) { return ToString(kind); });
  return found == kAllKeyKinds.end() ? std::nullopt : std::optional(*found);
}

bool IsRsa(KeyKind kind) { return kind == KeyKind::kRsa2048 || kind == KeyKind::kRsa3072; }

std::size_t BitsOf(KeyKind kind) {
  switch (kind) {
    case KeyKind::kEcP256:
      return 256;
    case KeyKind::kEcP384:
      return 384;
    case KeyKind::kRsa2048:
      return 2048;
    case KeyKind::kRsa3072:
      return 3072;
  }
  CERTBROKER_CHECK(false);
}

std::size_t SignatureOctets(KeyKind kind) {
  const std::size_t octets = BitsOf(kind) / 8;
  return IsRsa(kind) ? octets : 2 * octets;
}

Bytes DigestFor(KeyKind kind, ByteView text) {
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  CERTBROKER_CHECK(
      EVP_Digest(text.data(), text.size(), digest.data(), &size, HashFor(kind), nullptr) == 1);
  digest.resize(size);
  return digest;
}

std::size_t DigestOctets(KeyKind kind) {
  return static_cast<std::size_t>(EVP_MD_get_size(HashFor(kind)));
}

Bytes Sha256(ByteView octets) { return DigestFor(KeyKind::kEcP256, octets); }

}  // namespace certbroker::keystore
