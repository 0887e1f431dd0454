// pki/chain_verifier.h: whether the chain that a CA delivers is the one that was ordered.
//
// Nobody sees a certificate before this has passed (invariant of the downloading step): a CA, or
// whoever speaks in its place, is not trusted to have signed the right thing.
#pragma once

#include <optional>
#include <vector>

#include "core/bytes.h"
#include "core/identifier.h"
#include "core/result.h"
#include "core/time.h"
#include "pki/certificate.h"
#include "pki/trust_anchors.h"

namespace certbroker::pki {

struct IssuedExpectation {
  std::vector<Identifier> names;  // of the order; in any order
  Bytes spki_sha256;              // of the CSR's key (Csr::spki_sha256)
  Time now;
  // When the order was placed. Backdating is measured from here, so that a certificate which waited
  // at the CA while we were down is not taken for an old one. Nothing: from `now`.
  std::optional<Time> ordered = std::nullopt;
  TrustAnchors anchors;
};

// The names of the checks, as the Violations' subjects carry them:
//   "key"          the leaf's key is the CSR's (RFC 8555 §7.4.2)
//   "names"        its DNS names and IP addresses are the ordered ones, each once; no name of
//                  another type
//   "common-name"  absent, or one of these names
//   "validity"     holds now, give or take five minutes of clock difference; begins at most
//                  24 hours before the order; at most ten years (Pebble's default is five)
//   "ca"           it is no CA
//   "usage"        serverAuth is there, if extendedKeyUsage is
//   "chain"        1 to 10 certificates, each signed by the next, as far as an anchor; valid now,
//                  CAs all, no SHA-1, no key below 112 bits. What stands behind that is ignored.
//   "root"         the path ends at one of the anchors; cross-signed alternatives are tried
//
// kCertificateRefused with one Violation for each check that fails: what was seen and what was
// expected. The chain is looked at only if the leaf is right. `chain`: leaf first, as from
// ParsePemChain. Thread-safe; a few signature checks (below 1 ms).
Result<void> VerifyIssued(const std::vector<Certificate>& chain,
                          const IssuedExpectation& expectation);

}  // namespace certbroker::pki
