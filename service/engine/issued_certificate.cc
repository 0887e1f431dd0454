#include "service/engine/issued_certificate.h"

#include <vector>

#include "acme/renewal_info.h"
#include "pki/certificate.h"
#include "pki/csr.h"
#include "pki/pem_chain.h"

namespace certbroker::engine {

Result<CertificateVersion> CheckIssued(const Order& order, std::string_view pem,
                                       const pki::TrustAnchors& roots, Time now) {
  ASSIGN_OR_RETURN(const std::vector<pki::Certificate> chain, pki::ParsePemChain(pem));
  ASSIGN_OR_RETURN(const pki::Csr csr, pki::Csr::Parse(order.csr_der));
  RETURN_IF_ERROR(pki::VerifyIssued(chain, {.names = order.names,
                                            .spki_sha256 = csr.spki_sha256(),
                                            .now = now,
                                            .ordered = order.create_time,
                                            .anchors = roots}));

  const pki::Certificate& leaf = chain.front();
  CertificateVersion version;
  version.order = order.id;
  version.account = order.account;
  version.serial = leaf.serial();
  version.renewal_id = acme::RenewalCertificateId(leaf).value_or("");
  version.subject = leaf.subject();
  version.issuer_name = leaf.issuer();
  version.names = order.names;
  version.not_before = leaf.not_before();
  version.not_after = leaf.not_after();
  version.sha256 = leaf.sha256();
  version.spki_sha256 = leaf.spki_sha256();
  version.chain_pem = pki::ToPem(chain);
  return version;
}

}  // namespace certbroker::engine
