// keystore/key_generation.h: a new key pair, made in the token so that it can never leave it.
#pragma once

#include <string>

#include "core/result.h"
#include "keystore/key_examination.h"
#include "keystore/token_connection.h"

namespace certbroker::keystore {

// Of that kind, under `label` and a CKA_ID of 16 octets from the token's own random generator. Read
// back, checked and made to sign before it is returned; what does not pass, or was left half made,
// is destroyed again. The caller has made sure that the label is free.
//
// kHsmKeyRefused: the token does not make such keys, or made another than asked for.
// kHsmUnavailable.
Result<ExaminedKey> GenerateKey(TokenConnection& connection, Pkcs11Module& module,
                                const std::string& label, KeyKind kind);

}  // namespace certbroker::keystore
