// pki/alpn_certificate.h: what a host shows to a CA that validates it by tls-alpn-01 (RFC 8737 §3;
// for IP addresses RFC 8738 §4, §6).
#pragma once

#include <string>

#include "core/bytes.h"
#include "core/identifier.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/time.h"

namespace certbroker::pki {

// The protocol that the CA offers in ALPN, and the only one to answer with this certificate.
inline constexpr const char* kAcmeTlsProtocol = "acme-tls/1";

// Good for one validation. The key is made for it, is of no other use, and is never stored.
struct AlpnCertificate {
  std::string certificate_pem;
  Secret key_pem;  // P-256, PKCS#8
};

// Self-signed, with `name` as its one subjectAltName and `digest` (SHA-256 of the key
// authorization) in a critical acmeIdentifier extension, 1.3.6.1.5.5.7.1.31 (not the …30.1 of old
// drafts). Valid for a week from an hour before `now`, which no CA looks at.
//
// Preconditions: `name` is no wildcard (RFC 8737 has none), `digest` has 32 octets. kInternal: no
// randomness or no memory for a key. Thread-safe; makes a key pair (below 1 ms).
Result<AlpnCertificate> MakeAlpnCertificate(const Identifier& name, ByteView digest, Time now);

// What stands in the CA's SNI when it validates `name`: the name, or for an address its reverse
// name, because SNI takes no addresses (RFC 8738 §6): "1.2.0.192.in-addr.arpa", "….ip6.arpa".
std::string AlpnServerName(const Identifier& name);

}  // namespace certbroker::pki
