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

Result<CertificateVersion> CheckIssued(const Order& order, const std::vector<std::string>& pems,
                                       const pki::ChainPreference& preference,
                                       const pki::TrustAnchors& roots, Time now) {
  std::vector<std::string> readable;
  std::vector<std::vector<pki::Certificate>> chains;
  for (const std::string& pem : pems) {
    auto chain = pki::ParsePemChain(pem);
    if (!chain) continue;  // an alternate that is none is nobody's loss; the default is told below
    readable.push_back(pem);
    chains.push_back(*std::move(chain));
  }
  if (chains.empty()) return CheckIssued(order, pems.front(), roots, now);
  const pki::ChainChoice choice = pki::ChooseChain(chains, preference, roots);
  auto chosen = CheckIssued(order, readable[choice.index], roots, now);
  for (std::size_t i = 0; !chosen && i < readable.size(); ++i) {
    auto other = CheckIssued(order, readable[i], roots, now);
    if (other) return other;
  }
  return chosen;
}

}  // namespace certbroker::engine
