// keystore/key_pair.h: C_GenerateKeyPair with the one template that certbroker uses, and how a pair
// is taken away again.
#pragma once

#include <string>

#include <p11-kit/pkcs11.h>

#include "core/bytes.h"
#include "core/result.h"
#include "keystore/key_kind.h"

namespace certbroker::keystore {

struct NewKeyPair {
  KeyKind kind = KeyKind::kEcP256;
  Bytes id;           // CKA_ID of both halves
  std::string label;  // CKA_LABEL of both
};

struct MadeKeyPair {
  CK_RV rv = CKR_OK;
  // What the token said to the whole template, where it made the key only without "may not decrypt,
  // may not unwrap"; CKR_OK: it took the whole one. SENSITIVE and EXTRACTABLE are never left out.
  CK_RV refused_usage = CKR_OK;
  CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;
  CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
};

// In a session that may write. After an error objects may be left over: DestroyById. The caller
// holds the module's admin mutex, as for the next.
MadeKeyPair MakeKeyPair(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                        const NewKeyPair& key);

// Every object with that CKA_ID, keys or not.
CK_RV DestroyById(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, ByteView id);

// A CKA_ID: 16 octets from the token's own random generator, or from the system's where the token
// has none (it need only be unique). kHsmUnavailable.
Result<Bytes> RandomKeyId(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session);

}  // namespace certbroker::keystore
