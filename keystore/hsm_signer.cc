#include "keystore/hsm_signer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "keystore/signed_digest.h"

namespace certbroker::keystore {

HsmSigner::HsmSigner(HsmWorkers& workers, TokenLink& link, std::shared_ptr<BoundKey> key,
                     SignerPolicy policy)
    : workers_(workers), link_(link), key_(std::move(key)), policy_(std::move(policy)) {}

Result<void> HsmSigner::CheckOrigins(const JwsInput& input) const {
  const auto allowed = [this](const HttpsUrl& url) {
    return std::ranges::find(policy_.allowed_origins, url.origin()) !=
           policy_.allowed_origins.end();
  };
  const HttpsUrl* foreign = nullptr;
  if (!allowed(input.url)) foreign = &input.url;
  if (input.account_url && !allowed(*input.account_url)) foreign = &*input.account_url;
  if (foreign == nullptr) return {};
  return Error(Reason::kCaBadAnswer,
               fmt::format("nothing was signed for {}: its origin {} is not one of this issuer's; "
                           "if the CA really uses it, add it to the issuer's allowed origins",
                           Printable(foreign->ToString(), 256), Printable(foreign->origin(), 256)));
}

Result<std::string> HsmSigner::Sign(const JwsInput& input, SteadyTime deadline) {
  RETURN_IF_ERROR(CheckOrigins(input));
  const UnsignedJws jws(input, public_key());
  const Bytes digest = DigestFor(key_->public_key().kind(), AsBytes(jws.SigningInput()));
  ASSIGN_OR_RETURN(const Bytes signature,
                   SignDigestChecked(workers_, link_, key_, digest, deadline));
  return jws.WithSignature(signature);
}

}  // namespace certbroker::keystore
