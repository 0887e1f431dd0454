// pki/rsa_weakness.h: RSA moduli that somebody else can factor.
//
// CA/Browser Forum Baseline Requirements §6.1.1.3 has CAs refuse such keys, and revoke them within
// a day when found later; refusing them here tells the host to make a better one at once. Not
// covered: the Debian weak keys of 2006–2008 (a list of hashes that would need shipping); they were
// 1024, 2048 and 4096 bits, so the CA's own check is what is left.
#pragma once

#include <optional>
#include <string>

#include "core/bytes.h"

namespace certbroker::pki {

// Why this modulus (big-endian, of any size up to 4096 bits) is weak, as an end of "the RSA modulus
// …"; nothing if none of the known ways to fail is found: even · a prime factor below 752 (NIST
// SP 800-89 §5.3.3) · ROCA's fingerprint (CVE-2017-15361) · primes so close that 128 rounds of
// Fermat's method find them. One to two milliseconds.
std::optional<std::string> RsaWeakness(ByteView modulus);

}  // namespace certbroker::pki
