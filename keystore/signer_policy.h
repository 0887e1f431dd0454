// keystore/signer_policy.h: what one account key may be used for.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace certbroker::keystore {

struct SignerPolicy {
  // HttpsUrl::origin() of the CA's directory and of every other host that it may send us to. A
  // request to anywhere else is not signed. Empty: nothing is signed.
  std::vector<std::string> allowed_origins;
  // RFC 7638 thumbprint that the key must have: pins the account to the key that the CA knows,
  // whatever comes to answer to its URI.
  std::optional<std::string> expected_thumbprint;
};

}  // namespace certbroker::keystore
