// pki/chain_preference.h: which of the chains that a CA offers for one certificate is delivered
// (RFC 8555 §7.4.2: the default and its alternates).
//
// Chains differ by the root that they lead to, and the root itself is mostly not among them. It is
// found through the last certificate: by the roots that the issuer's configuration trusts, else by
// the name of who signed it. An intermediate is nothing to go by: CAs choose theirs at random (F4).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "pki/certificate.h"
#include "pki/trust_anchors.h"

namespace certbroker::pki {

// The first two say which root; both set: both must fit. None set: the default chain, or the
// shortest of all.
struct ChainPreference {
  std::string root_common_name = {};  // exactly as in the certificate: "ISRG Root X1"
  Bytes root_spki_sha256 = {};        // as Certificate::spki_sha256
  bool shortest = false;              // of all, when no root is named; otherwise the default

  friend bool operator==(const ChainPreference&, const ChainPreference&) = default;
};

struct ChainChoice {
  std::size_t index = 0;
  bool matched = true;  // false: no chain leads to the preferred root; index is the default's
  // For the record: which root was chosen, or, where none matched, which ones there were.
  std::string explanation;
};

// `chains`: each leaf first, as from ParsePemChain, none of them empty; the CA's default first.
// Precondition: at least one. The same input gives the same choice. Two chains that lead to the
// preferred root: the shorter one, then the one offered first (a root sent along does not count).
// Judges nothing: VerifyIssued does that with what was chosen. Thread-safe; one signature check per
// chain and root of that name.
ChainChoice ChooseChain(const std::vector<std::vector<Certificate>>& chains,
                        const ChainPreference& preference, const TrustAnchors& anchors);

}  // namespace certbroker::pki
