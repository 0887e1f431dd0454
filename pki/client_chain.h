// pki/client_chain.h: whether a peer's certificate leads to a CA that is trusted to name clients.
#pragma once

#include <cstddef>
#include <vector>

#include "core/result.h"
#include "core/time.h"
#include "pki/certificate.h"
#include "pki/trust_anchors.h"

namespace certbroker::pki {

inline constexpr std::size_t kMaxClientIntermediates = 5;

// The anchor that the path from `leaf` ends in: the caller may trust some with more than others.
//
// THE LEAF'S OWN DATES ARE NOT JUDGED: the caller must, for an expired identity may still renew
// itself within the grace period. The CAs' dates are, at `now`. Nor are names judged, nor which
// identity of an agent is the newest (IdentityNumberOf), nor revocation.
//
// The leaf is no CA and no anchor, names clientAuth in extendedKeyUsage and may sign; every CA may
// issue it (basicConstraints with path length, keyUsage, extendedKeyUsage, nameConstraints);
// signatures verify; no SHA-1 or MD5 below the anchor and no key below 112 bits, the anchor's
// included. `intermediates`: what the peer sent behind its certificate, at most 5, in any order, of
// any quality: they are candidates, and what is not needed is not looked at. An anchor is one
// whether or not it is self-signed.
//
// kIdentityInvalid with the reason. Thread-safe; no I/O; 0.4 ms for P-256 without intermediates, so
// once per connection rather than per request.
Result<Certificate> VerifyClientChain(const Certificate& leaf,
                                      const std::vector<Certificate>& intermediates,
                                      const TrustAnchors& anchors, Time now);

}  // namespace certbroker::pki
