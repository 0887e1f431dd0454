#include "keystore/x509_signature.h"

#include <memory>

#include <openssl/bn.h>
#include <openssl/ec.h>

#include "core/check.h"
#include "keystore/openssl_der.h"

namespace certbroker::keystore {
namespace {

// Whoever takes it owns it.
BIGNUM* HalfOf(ByteView octets) {
  BIGNUM* const number = BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr);
  CERTBROKER_CHECK(number != nullptr);
  return number;
}

}  // namespace

Bytes X509Signature(KeyKind kind, ByteView signature) {
  CERTBROKER_CHECK(signature.size() == SignatureOctets(kind));
  if (IsRsa(kind)) return ToBytes(signature);
  const std::size_t half = signature.size() / 2;
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
  CERTBROKER_CHECK(pair != nullptr && ECDSA_SIG_set0(pair.get(), HalfOf(signature.first(half)),
                                                     HalfOf(signature.subspan(half))) == 1);
  return DerOf(i2d_ECDSA_SIG, pair.get());
}

}  // namespace certbroker::keystore
