#include "keystore/signed_digest.h"

#include <fmt/format.h>

#include "keystore/token_sign.h"

namespace certbroker::keystore {

Result<Bytes> SignDigestChecked(HsmWorkers& workers, TokenLink& link,
                                const std::shared_ptr<BoundKey>& key, const Bytes& digest,
                                SteadyTime deadline) {
  const std::uint64_t epoch = link.epoch();
  ASSIGN_OR_RETURN(Bytes signature,
                   workers.Call<Bytes>(deadline, [link = &link, key, deadline, digest] {
                     return SignInToken(*link, *key, digest, deadline);
                   }));
  if (key->public_key().Verifies(digest, signature)) return signature;
  link.ReportLost(epoch, Fault::kToken);
  return Error(Reason::kHsmUnavailable,
               fmt::format("the token made an {} signature that does not verify under the key's "
                           "public half; it was dropped, and the token is being started over",
                           ToString(key->public_key().kind())));
}

}  // namespace certbroker::keystore
