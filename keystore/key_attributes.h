// keystore/key_attributes.h: whether a private key was born in its token, is sensitive and can
// never be extracted. Asked at generation, at every start and after every reconnect.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <p11-kit/pkcs11.h>

#include "core/result.h"
#include "keystore/key_description.h"

namespace certbroker::keystore {

// The whole table, in fixed order, with the verdict in each row. `public_key` is
// CK_INVALID_HANDLE when there is none; it lends the curve or the modulus to tokens whose private
// keys do not say.
//
// Errors: only when the token could not be asked (CallFailed's reasons).
Result<std::vector<KeyAttribute>> ReadKeyAttributes(CK_FUNCTION_LIST& functions,
                                                    CK_SESSION_HANDLE session,
                                                    CK_OBJECT_HANDLE private_key,
                                                    CK_OBJECT_HANDLE public_key);

// Every attribute that is not as required: "CKA_SENSITIVE is false, must be true; …". Empty when
// all are.
std::string Complaints(const std::vector<KeyAttribute>& attributes);
// Every remark: "CKA_LOCAL is false: …; …".
std::string Remarks(const std::vector<KeyAttribute>& attributes);

// kHsmKeyRefused with the complaints; nothing when there are none.
std::optional<Error> Refusal(const std::vector<KeyAttribute>& attributes);

}  // namespace certbroker::keystore
