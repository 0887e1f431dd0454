// keystore/hsm_agent_ca_signer.h: a key in a token that signs its own CA certificate and agents'
// certificates, and nothing else.
#pragma once

#include <memory>

#include "core/ports/agent_ca_signer.h"
#include "keystore/bound_key.h"
#include "keystore/hsm_workers.h"
#include "keystore/token_link.h"
#include "keystore/unsigned_certificate.h"

namespace certbroker::keystore {

class HsmAgentCaSigner final : public AgentCaSigner {
 public:
  // `workers` and `link` outlive it.
  HsmAgentCaSigner(HsmWorkers& workers, TokenLink& link, std::shared_ptr<BoundKey> key)
      : workers_(workers), link_(link), key_(std::move(key)) {}

  Result<Bytes> SignCa(const AgentCaProfile& profile, SteadyTime deadline) override;
  Result<Bytes> SignAgent(const Bytes& ca, const AgentCertificateProfile& profile,
                          SteadyTime deadline) override;

 private:
  Result<Bytes> Signed(UnsignedCertificate certificate, SteadyTime deadline);

  HsmWorkers& workers_;
  TokenLink& link_;
  const std::shared_ptr<BoundKey> key_;
};

}  // namespace certbroker::keystore
