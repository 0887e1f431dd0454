// keystore/key_index.h: every key of a token and its handles, from one scan.
//
// A lookup in the token costs time proportional to all its objects, so it happens once per login,
// not per key or signature. Handles are good for that login only.
#pragma once

#include <string>
#include <vector>

#include <p11-kit/pkcs11.h>

#include "core/bytes.h"
#include "core/result.h"
#include "keystore/key_uri.h"

namespace certbroker::keystore {

struct KeyEntry {
  Bytes id;
  std::string label;  // as in the token; not printable by itself
  CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
  CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;  // CK_INVALID_HANDLE: no public half
  // Two private or two public keys share the CKA_ID: nobody can tell which halves belong together.
  bool ambiguous = false;
};

class KeyIndex {
 public:
  KeyIndex() = default;
  // The caller holds the module's admin mutex; `session` is logged in, otherwise private keys are
  // invisible.
  static Result<KeyIndex> Build(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session);

  // The one key that fits id and label of `uri` (its token is the caller's business).
  // kHsmKeyMissing: none. kHsmKeyRefused: several, or an ambiguous one.
  Result<KeyEntry> Find(const KeyUri& uri) const;

  // By CKA_ID, then as found.
  const std::vector<KeyEntry>& keys() const { return keys_; }
  // Public keys without a private one: left behind by a generation that failed half way.
  const std::vector<KeyEntry>& orphans() const { return orphans_; }

 private:
  std::vector<KeyEntry> keys_;
  std::vector<KeyEntry> orphans_;
};

}  // namespace certbroker::keystore
