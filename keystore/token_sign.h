// keystore/token_sign.h: one signature by one key, through whatever may happen to the token
// meanwhile.
#pragma once

#include "core/bytes.h"
#include "keystore/bound_key.h"
#include "keystore/token_link.h"

namespace certbroker::keystore {

// `digest` is DigestFor the key's kind. Blocks, on an HSM thread. A signature changes nothing in a
// token, so trying again is always safe.
Result<Bytes> SignInToken(TokenLink& link, BoundKey& key, ByteView digest, SteadyTime deadline);

}  // namespace certbroker::keystore
