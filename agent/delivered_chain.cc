#include "agent/delivered_chain.h"

#include "pki/certificate.h"
#include "pki/chain_verifier.h"
#include "pki/pem_chain.h"

namespace certbroker::agent {
namespace {

// Without roots of the host's, the last certificate of the chain stands for them.
Result<pki::TrustAnchors> AnchorsFor(const std::vector<pki::Certificate>& chain,
                                     const std::optional<pki::TrustAnchors>& roots) {
  if (roots) return *roots;
  if (chain.size() < 2) {
    return Error(Reason::kCertificateRefused,
                 "the certificate came without the one that signed it; give the CA's root with "
                 "--roots");
  }
  return pki::TrustAnchors::Parse(chain.back().ToPem());
}

}  // namespace

Result<DeliveredChain> CheckDelivered(std::string_view pem, const DeliveryExpectation& expected) {
  ASSIGN_OR_RETURN(const std::vector<pki::Certificate> chain, pki::ParsePemChain(pem));
  ASSIGN_OR_RETURN(const pki::TrustAnchors anchors, AnchorsFor(chain, expected.roots));
  RETURN_IF_ERROR(pki::VerifyIssued(chain, {.names = expected.names,
                                            .spki_sha256 = expected.spki_sha256,
                                            .now = expected.now,
                                            .ordered = expected.ordered,
                                            .anchors = anchors}));
  const pki::Certificate& leaf = chain.front();
  return DeliveredChain{.certificate_pem = leaf.ToPem(),
                        .chain_pem = pki::ToPem({chain.begin() + 1, chain.end()}),
                        .serial = leaf.serial(),
                        .not_after = leaf.not_after()};
}

}  // namespace certbroker::agent
