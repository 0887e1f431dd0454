#include "keystore/hsm_agent_ca_signer.h"

#include <utility>

#include "keystore/agent_certificate.h"
#include "keystore/signed_digest.h"

namespace certbroker::keystore {

Result<Bytes> HsmAgentCaSigner::Signed(UnsignedCertificate certificate, SteadyTime deadline) {
  const Bytes digest = DigestFor(key_->public_key().kind(), certificate.ToBeSigned());
  ASSIGN_OR_RETURN(const Bytes signature,
                   SignDigestChecked(workers_, link_, key_, digest, deadline));
  return std::move(certificate).WithSignature(signature);
}

Result<Bytes> HsmAgentCaSigner::SignCa(const AgentCaProfile& profile, SteadyTime deadline) {
  ASSIGN_OR_RETURN(UnsignedCertificate certificate, MakeCaCertificate(profile, key_->public_key()));
  return Signed(std::move(certificate), deadline);
}

Result<Bytes> HsmAgentCaSigner::SignAgent(const Bytes& ca, const AgentCertificateProfile& profile,
                                          SteadyTime deadline) {
  ASSIGN_OR_RETURN(UnsignedCertificate certificate,
                   MakeAgentCertificate(ca, profile, key_->public_key()));
  return Signed(std::move(certificate), deadline);
}

}  // namespace certbroker::keystore
