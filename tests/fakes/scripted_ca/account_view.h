// tests/fakes/scripted_ca/account_view.h: what account requests say and answer (RFC 8555 §7.1.2).
#pragma once

#include "tests/fakes/scripted_ca/ca.h"
#include "tests/fakes/scripted_ca/signed_request.h"

namespace certbroker::scripted_ca {

Response AccountAnswer(const Ca& ca, const Account& account, int status);

// The "contact" of a payload; nothing to say: what was there. unsupportedContact, invalidContact.
Outcome<std::vector<std::string>> ReadContacts(const Json& payload,
                                               std::vector<std::string> unchanged);

// The key identifier of a good "externalAccountBinding" of `request`; empty without one.
// externalAccountRequired, unauthorized, malformed (RFC 8555 §7.3.4).
Outcome<std::string> CheckExternalAccount(Ca& ca, const SignedRequest& request) REQUIRES(ca.mutex);

// RFC 8555 §7.3.3: 403 with what to agree to.
Problem TermsNotAgreed(const std::string& terms);

}  // namespace certbroker::scripted_ca
