// tests/support/signing_input.h: something to sign, for tests to which it does not matter what.
#pragma once

#include "core/jws.h"

namespace certbroker {

// A newAccount request to https://acme.example:443, which carries the key itself.
inline JwsInput AnyRequest() {
  return {.purpose = SignaturePurpose::kNewAccount,
          .url = *HttpsUrl::Parse("https://acme.example/new-account"),
          .nonce = *Nonce::Parse("nonce"),
          .account_url = std::nullopt,
          .payload = "{}",
          .subject = "orders/1"};
}

}  // namespace certbroker
