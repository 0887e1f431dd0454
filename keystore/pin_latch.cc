#include "keystore/pin_latch.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/check.h"
#include "core/random.h"

namespace certbroker::keystore {

PinLatch::PinLatch() { SystemRandom().Fill(key_); }

void PinLatch::Refuse(const Secret& pin) { refused_.insert(DigestOf(pin)); }

bool PinLatch::Refused(const Secret& pin) const { return refused_.contains(DigestOf(pin)); }

Bytes PinLatch::DigestOf(const Secret& pin) const {
  const ByteView text = AsBytes(pin.ExposeForUse());
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  CERTBROKER_CHECK(HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), text.data(),
                        text.size(), digest.data(), &size) != nullptr);
  digest.resize(size);
  return digest;
}

}  // namespace certbroker::keystore
