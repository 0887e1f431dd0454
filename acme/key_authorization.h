// acme/key_authorization.h: what binds a challenge to an account key (RFC 8555 §8.1).
#pragma once

#include <string>
#include <string_view>

#include "core/jws.h"

namespace certbroker::acme {

// RFC 7638 §3: base64url(SHA-256(canonical JWK)), 43 characters.
std::string Thumbprint(const Jwk& key);

// token "." thumbprint. Precondition: IsToken(token).
std::string KeyAuthorization(std::string_view token, const Jwk& key);

}  // namespace certbroker::acme
