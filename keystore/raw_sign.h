// keystore/raw_sign.h: the two PKCS#11 calls that make a signature, and the proof that a handle
// still names the key that it should.
//
// Not for use outside of keystore/: nobody there can name a session or a handle, so nobody can have
// arbitrary octets signed.
#pragma once

#include <functional>

#include <p11-kit/pkcs11.h>

#include "core/bytes.h"
#include "core/result.h"
#include "keystore/public_key.h"

namespace certbroker::keystore {

struct RawSignature {
  CK_RV rv = CKR_OK;
  std::string_view function;  // the call that answered rv
  Bytes octets;               // EC: r‖s, as RFC 7518 §3.4 wants it; RSA: §3.3
};

// `digest` is DigestFor(kind), computed in software. CKM_ECDSA, or CKM_RSA_PKCS over a DigestInfo
// that is built here: the one mechanism for each that every token has. After an error the session
// may hold an open operation: close it.
RawSignature SignDigest(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                        CK_OBJECT_HANDLE private_key, KeyKind kind, ByteView digest);

// Has random octets put on record, signs them and verifies the signature with `expected`.
// kHsmKeyRefused: signed by another key, or not at all for a reason that will not change.
// kHsmUnavailable: the token is in trouble. What `record` says: nothing was signed.
Result<void> ProveKey(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                      CK_OBJECT_HANDLE private_key, const PublicKey& expected,
                      const std::function<Result<void>(ByteView)>& record);

}  // namespace certbroker::keystore
