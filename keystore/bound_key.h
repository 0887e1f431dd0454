// keystore/bound_key.h: one key of a token, pinned by its public half, with the handle that it has
// right now.
//
// Handles are given out anew after every reconnect, and an old one then names another key without
// any error. So a handle is used only with the connection of its epoch, and only after a test
// signature has shown that it names this very key.
#pragma once

#include <cstdint>
#include <memory>

#include "core/mutex.h"
#include "keystore/key_uri.h"
#include "keystore/public_key.h"
#include "keystore/token_connection.h"
#include "keystore/with_token.h"

namespace certbroker::keystore {

// Thread-safe.
class BoundKey {
 public:
  // Looks the key up and examines it; scans the token again before it says that there is none.
  // kHsmKeyMissing, kHsmKeyRefused, kHsmUnavailable.
  static Attempt<std::shared_ptr<BoundKey>> Bind(TokenConnection& connection, const KeyUri& uri,
                                                 SteadyTime deadline);

  const KeyUri& uri() const { return uri_; }
  const PublicKey& public_key() const { return public_key_; }

  // The private key's handle in `connection`; examined again on the first use of each epoch.
  // kHsmKeyRefused: what is there now is another key, or one that may not sign.
  Attempt<CK_OBJECT_HANDLE> HandleIn(TokenConnection& connection, SteadyTime deadline)
      EXCLUDES(mutex_);
  // Forgets the handle: the token no longer knows it.
  void Forget() EXCLUDES(mutex_);

 private:
  BoundKey(KeyUri uri, PublicKey public_key);

  const KeyUri uri_;
  const PublicKey public_key_;
  Mutex mutex_;
  CK_OBJECT_HANDLE handle_ GUARDED_BY(mutex_) = CK_INVALID_HANDLE;
  std::uint64_t epoch_ GUARDED_BY(mutex_) = 0;  // 0: no handle
};

}  // namespace certbroker::keystore
