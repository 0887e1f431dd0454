#include "pki/digest.h"

#include <openssl/sha.h>

namespace certbroker::pki {

Bytes Sha256(ByteView octets) {
  Bytes digest(SHA256_DIGEST_LENGTH);
  SHA256(octets.data(), octets.size(), digest.data());
  return digest;
}

}  // namespace certbroker::pki
