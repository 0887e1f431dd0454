// keystore/hsm_signer.h: an account key in a token, behind the port that the rest signs through.
#pragma once

#include <memory>

#include "core/ports/key_use_ledger.h"
#include "core/ports/signer.h"
#include "keystore/bound_key.h"
#include "keystore/hsm_workers.h"
#include "keystore/signer_policy.h"
#include "keystore/token_link.h"

namespace certbroker::keystore {

class HsmSigner final : public Signer {
 public:
  // `workers`, `link` and `ledger` outlive it.
  HsmSigner(HsmWorkers& workers, TokenLink& link, KeyUseLedger& ledger,
            std::shared_ptr<BoundKey> key, SignerPolicy policy);

  Result<std::string> Sign(const JwsInput& input, SteadyTime deadline) override;
  const Jwk& public_key() const override { return key_->public_key().jwk(); }

 private:
  Result<void> CheckOrigins(const JwsInput& input) const;
  KeyUse UseFor(const JwsInput& input, ByteView signing_input) const;

  HsmWorkers& workers_;
  TokenLink& link_;
  KeyUseLedger& ledger_;
  const std::shared_ptr<BoundKey> key_;
  const SignerPolicy policy_;
};

}  // namespace certbroker::keystore
