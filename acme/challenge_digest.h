// acme/challenge_digest.h: what of a key authorization becomes visible in the DNS and in TLS, and
// under which name in the DNS.
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/https_url.h"

namespace certbroker::acme {

// SHA-256 of the key authorization, 32 octets: what a tls-alpn-01 certificate carries (RFC 8737
// §3).
Bytes KeyAuthorizationDigest(std::string_view key_authorization);

// The same in base64url, 43 characters: the TXT value of dns-01 (RFC 8555 §8.4) and of
// dns-account-01.
std::string ChallengeTxtValue(std::string_view key_authorization);

// Relative to the identifier without "*.": "_acme-challenge" (RFC 8555 §8.4).
std::string_view Dns01Label();

// Relative as above: "_" base32(first 10 octets of SHA-256(account URL)) "._acme-challenge", in
// lower case: draft-ietf-acme-dns-account-label-02 §3. Every account has its own, so several may
// prove one name at the same time.
std::string DnsAccount01Label(const HttpsUrl& account_url);

}  // namespace certbroker::acme
