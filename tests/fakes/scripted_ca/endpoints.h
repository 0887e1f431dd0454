// tests/fakes/scripted_ca/endpoints.h: one function per resource. Each takes a request whose
// signature has been checked, acts, and answers; Replay-Nonce and what all answers carry are added
// by the caller (exchange.cc).
#pragma once

#include "tests/fakes/scripted_ca/ca.h"
#include "tests/fakes/scripted_ca/signed_request.h"

namespace certbroker::scripted_ca {

// Unsigned.
Response GetDirectory(Ca& ca);
Response GetRenewalInfo(Ca& ca, const std::string& renewal_id);  // RFC 9773 §4

Response NewAccount(Ca& ca, const SignedRequest& request);         // RFC 8555 §7.3
Response PostAccount(Ca& ca, const SignedRequest& request);        // §7.3.2, §7.3.6
Response ChangeKey(Ca& ca, const SignedRequest& request);          // §7.3.5
Response ListOrders(Ca& ca, const SignedRequest& request);         // §7.1.2.1
Response NewOrder(Ca& ca, const SignedRequest& request);           // §7.4
Response GetOrder(Ca& ca, const SignedRequest& request);           // §7.4
Response Finalize(Ca& ca, const SignedRequest& request);           // §7.4
Response PostAuthorization(Ca& ca, const SignedRequest& request);  // §7.5, §7.5.2
Response PostChallenge(Ca& ca, const SignedRequest& request);      // §7.5.1
Response GetCertificate(Ca& ca, const SignedRequest& request);     // §7.4.2
Response RevokeCertificate(Ca& ca, const SignedRequest& request);  // §7.6

}  // namespace certbroker::scripted_ca
