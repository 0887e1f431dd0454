// acme/payloads.h: the payloads of RFC 8555 that we send: JSON texts that a JwsInput carries.
//
// No member is ever null, and none is there that a CA might refuse without need (O5). Pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/certificate.h"
#include "core/https_url.h"
#include "core/identifier.h"
#include "core/jws.h"

namespace certbroker::acme {

// RFC 8555 §7.3, §7.3.1. `contacts` are "mailto:…" URLs.
struct NewAccountInput {
  std::vector<std::string> contacts;
  bool terms_of_service_agreed = false;
  bool only_return_existing = false;
  // §7.3.4: JSON, as from BindExternalAccount; empty: the account is bound to none. Left out when
  // an existing account is looked for: the binding is good for one creation.
  std::string external_account_binding = {};
};
std::string NewAccountPayload(const NewAccountInput& input);

// RFC 8555 §7.3.2: the contacts from now on; none: the CA shall forget those it has.
std::string UpdateContactsPayload(const std::vector<std::string>& contacts);

// RFC 8555 §7.3.5: what the inner JWS of a key change says.
std::string KeyChangePayload(const HttpsUrl& account_url, const Jwk& old_key);

// RFC 8555 §7.3.6 for an account, for ever; §7.5.2 for an authorization.
std::string DeactivatePayload();

// RFC 8555 §7.4. `names` are sent in their order. `profile` empty: the CA's default. `replaces`:
// RenewalCertificateId of the certificate that the new one takes over from (RFC 9773 §5); empty:
// none, and no such member (a null is refused, tH5).
std::string NewOrderPayload(const std::vector<Identifier>& names, std::string_view profile,
                            std::string_view replaces = {});

// RFC 8555 §7.4. DER of a PKCS#10 request.
std::string FinalizePayload(ByteView csr_der);

// RFC 8555 §7.6. DER of the leaf.
std::string RevokePayload(ByteView certificate_der, RevocationReason reason);

// RFC 8555 §7.5.1: an empty object; an empty payload would only read the challenge.
std::string ChallengeResponsePayload();

}  // namespace certbroker::acme
