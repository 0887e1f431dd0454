#include "acme/payloads.h"

#include <fmt/format.h>

#include "acme/json.h"

namespace certbroker::acme {

namespace {

std::string ContactMember(const std::vector<std::string>& contacts) {
  std::string items;
  for (const std::string& contact : contacts) {
    items += fmt::format("{}{}", items.empty() ? "" : ",", JsonQuote(contact));
  }
  return fmt::format(R"("contact":[{}])", items);
}

}  // namespace

std::string NewAccountPayload(const NewAccountInput& input) {
  std::string members = fmt::format(R"("termsOfServiceAgreed":{})", input.terms_of_service_agreed);
  if (!input.contacts.empty()) members += "," + ContactMember(input.contacts);
  // RFC 8555 §7.3.1.
  if (input.only_return_existing) {
    members += R"(,"onlyReturnExisting":true)";
  } else if (!input.external_account_binding.empty()) {
    members += fmt::format(R"(,"externalAccountBinding":{})", input.external_account_binding);
  }
  return fmt::format("{{{}}}", members);
}

std::string UpdateContactsPayload(const std::vector<std::string>& contacts) {
  return fmt::format("{{{}}}", ContactMember(contacts));
}

std::string KeyChangePayload(const HttpsUrl& account_url, const Jwk& old_key) {
  return fmt::format(R"({{"account":{},"oldKey":{}}})", JsonQuote(account_url.ToString()),
                     old_key.canonical_json);
}

std::string DeactivatePayload() { return R"({"status":"deactivated"})"; }

std::string NewOrderPayload(const std::vector<Identifier>& names, std::string_view profile,
                            std::string_view replaces) {
  std::string identifiers;
  for (const Identifier& name : names) {
    identifiers += fmt::format(R"({}{{"type":"{}","value":{}}})", identifiers.empty() ? "" : ",",
                               ToString(name.type()), JsonQuote(name.ToString()));
  }
  // O5: no notBefore and notAfter; public CAs refuse orders that name them.
  std::string members = fmt::format(R"("identifiers":[{}])", identifiers);
  if (!profile.empty()) members += fmt::format(R"(,"profile":{})", JsonQuote(profile));
  if (!replaces.empty()) members += fmt::format(R"(,"replaces":{})", JsonQuote(replaces));
  return fmt::format("{{{}}}", members);
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
