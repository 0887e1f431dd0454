// service/engine/issued_certificate.h: whether what a CA delivered is what was ordered, before
// anyone else sees it (I7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/certificate.h"
#include "core/order.h"
#include "core/result.h"
#include "pki/chain_preference.h"
#include "pki/chain_verifier.h"

namespace certbroker::engine {

// Reads the chain and checks it against the order: the CSR's key, the names, the dates, signatures
// up to `roots`. kCaBadAnswer: no PEM chain. kCertificateRefused: a certificate, but not the one
// ordered.
Result<CertificateVersion> CheckIssued(const Order& order, std::string_view pem,
                                       const pki::TrustAnchors& roots, Time now);

// The same for all the chains that the CA offers for the certificate, its default first: the one
// that `preference` chooses, and when that does not pass, the first that does. Errors: the chosen
// one's. Precondition: at least one.
Result<CertificateVersion> CheckIssued(const Order& order, const std::vector<std::string>& pems,
                                       const pki::ChainPreference& preference,
                                       const pki::TrustAnchors& roots, Time now);

}  // namespace certbroker::engine
