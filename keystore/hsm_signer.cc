#include "keystore/hsm_signer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "keystore/signed_digest.h"

namespace certbroker::keystore {

HsmSigner::HsmSigner(HsmWorkers& workers, TokenLink& link, KeyUseLedger& ledger,
                     std::shared_ptr<BoundKey> key, SignerPolicy policy)
    : workers_(workers),
      link_(link),
      ledger_(ledger),
      key_(std::move(key)),
      policy_(std::move(policy)) {}

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

KeyUse HsmSigner::UseFor(const JwsInput& input, ByteView signing_input) const {
  return {.purpose = input.purpose,
          .url = input.url.ToString(),
          .account_url = input.account_url ? input.account_url->ToString() : "",
          .key_uri = key_->uri().ToString(),
          .thumbprint = key_->public_key().thumbprint(),
          .subject = input.subject,
          .agent = input.agent,
          .request_id = input.request_id,
          .input_sha256 = Sha256(signing_input)};
}

Result<std::string> HsmSigner::Sign(const JwsInput& input, SteadyTime deadline) {
  RETURN_IF_ERROR(CheckForm(input));
  RETURN_IF_ERROR(CheckOrigins(input));
  const UnsignedJws jws(input, public_key());
  const std::string signing_input = jws.SigningInput();
  RETURN_IF_ERROR(ledger_.Record(UseFor(input, AsBytes(signing_input)), deadline));
  const Bytes digest = DigestFor(key_->public_key().kind(), AsBytes(signing_input));
  ASSIGN_OR_RETURN(const Bytes signature,
                   SignDigestChecked(workers_, link_, key_, digest, deadline));
  return jws.WithSignature(signature);
}

}  // namespace certbroker::keystore
