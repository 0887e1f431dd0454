#include "acme/payloads.h"

#include <fmt/format.h>

#include "acme/json.h"

namespace certbroker::acme {

std::string NewAccountPayload(const NewAccountInput& input) {
  std::string contacts;
  for (const std::string& contact : input.contacts) {
    contacts += fmt::format("{}{}", contacts.empty() ? "" : ",", JsonQuote(contact));
  }
  std::string members = fmt::format(R"("termsOfServiceAgreed":{})", input.terms_of_service_agreed);
  if (!contacts.empty()) members += fmt::format(R"(,"contact":[{}])", contacts);
  // RFC 8555 §7.3.1.
  if (input.only_return_existing) members += R"(,"onlyReturnExisting":true)";
  return fmt::format("{{{}}}", members);
}

std::string NewOrderPayload(const std::vector<DomainName>& names, std::string_view profile) {
  std::string identifiers;
  for (const DomainName& name : names) {
    identifiers += fmt::format(R"({}{{"type":"dns","value":{}}})", identifiers.empty() ? "" : ",",
                               JsonQuote(name.ToString()));
  }
  // O5: no notBefore and notAfter; public CAs refuse orders that name them.
  const std::string chosen =
      profile.empty() ? "" : fmt::format(R"(,"profile":{})", JsonQuote(profile));
  return fmt::format(R"({{"identifiers":[{}]{}}})", identifiers, chosen);
}

std::string FinalizePayload(ByteView csr_der) {
  return fmt::format(R"({{"csr":"{}"}})", Base64Url(csr_der));
}

std::string RevokePayload(ByteView certificate_der, RevocationReason reason) {
  return fmt::format(R"({{"certificate":"{}","reason":{}}})", Base64Url(certificate_der),
                     static_cast<int>(reason));
}

std::string ChallengeResponsePayload() { return "{}"; }

}  // namespace certbroker::acme
