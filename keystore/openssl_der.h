// keystore/openssl_der.h: what OpenSSL writes in DER, as Bytes. For the .cc files of keystore/
// only.
#pragma once

#include <type_traits>

#include <openssl/crypto.h>

#include "core/bytes.h"
#include "core/check.h"

namespace certbroker::keystore {

// `encode`: an i2d function of OpenSSL's. The object has all its fields.
template <class T>
Bytes DerOf(int (*encode)(T*, unsigned char**), std::type_identity_t<T>* object) {
  unsigned char* encoded = nullptr;
  const int size = encode(object, &encoded);
  CERTBROKER_CHECK(size > 0);
  Bytes der(encoded, encoded + size);
  OPENSSL_free(encoded);
  return der;
}

}  // namespace certbroker::keystore
