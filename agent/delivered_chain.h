// agent/delivered_chain.h: whether what the service hands over is what this host asked for.
//
// The service has checked the same; it is checked again because the host has to live with it, and
// because only the host knows that the key is its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/identifier.h"
#include "core/result.h"
#include "core/time.h"
#include "pki/trust_anchors.h"

namespace certbroker::agent {

struct DeliveryExpectation {
  std::vector<Identifier> names;
  Bytes spki_sha256;  // of this host's key
  Time now;
  Time ordered;  // when the order was made
  // Nothing: the signatures are followed as far as the chain goes, whoever made its last one.
  std::optional<pki::TrustAnchors> roots;
};

struct DeliveredChain {
  std::string certificate_pem;
  std::string chain_pem;  // what follows the leaf
  std::string serial;
  Time not_after;
};

// `pem`: leaf first. Key, names, dates, usage, and every signature (pki::VerifyIssued).
// kCertificateRefused, with one Violation per check that fails; kCaBadAnswer: it cannot be read.
Result<DeliveredChain> CheckDelivered(std::string_view pem, const DeliveryExpectation& expected);

}  // namespace certbroker::agent
