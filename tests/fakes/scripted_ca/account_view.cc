#include "tests/fakes/scripted_ca/account_view.h"

#include "tests/fakes/scripted_ca/jws.h"

namespace certbroker::scripted_ca {
namespace {

constexpr std::string_view kMailTo = "mailto:";

std::optional<Problem> CheckContact(const Json& contact) {
  const auto* text = contact.get_ptr<const std::string*>();
  if (text == nullptr) return Malformed("a contact is no string");
  if (!text->starts_with(kMailTo)) {
    return Problem{400, "unsupportedContact", "only mailto: contacts are taken"};
  }
  const std::size_t at = text->find('@');
  const bool plain = text->find_first_of("?, ") == std::string::npos;
  if (plain && at != std::string::npos && at > kMailTo.size() && at + 1 < text->size()) {
    return std::nullopt;
  }
  return Problem{400, "invalidContact", "'" + *text + "' is no e-mail address"};
}

std::optional<Problem> CheckBinding(const Jws& binding, const SignedRequest& request,
                                    const Bytes& secret) {
  const std::string* url = StringAt(binding.header, "url");
  if (binding.header.contains("nonce")) return Malformed("the binding must not have a nonce");
  if (url == nullptr || *url != request.url) {
    return Malformed("the binding was made for another URL");
  }
  if (!VerifyMac(binding, secret)) return Unauthorized("the MAC of the binding is wrong");
  const auto bound = ParseJwk(Json::parse(binding.payload, nullptr, /*allow_exceptions=*/false));
  if (!bound || (*bound)->thumbprint != request.key->thumbprint) {
    return Malformed("the binding is for another key");
  }
  return std::nullopt;
}

}  // namespace

Response AccountAnswer(const Ca& ca, const Account& account, int status) {
  Json json = {{"status", NameOf(account.status)},
               {"contact", account.contacts},
               {"orders", ca.Url(Endpoint::kOrders, account.id)}};
  if (!account.agreed_terms.empty()) json["termsOfServiceAgreed"] = true;
  if (!account.external_account.is_null()) {
    json["externalAccountBinding"] = account.external_account;
  }
  Response response = JsonResponse(status, json);
  response.headers.emplace_back("Location", ca.Url(Endpoint::kAccount, account.id));
  return response;
}

Outcome<std::vector<std::string>> ReadContacts(const Json& payload,
                                               std::vector<std::string> unchanged) {
  const auto list = payload.find("contact");
  if (list == payload.end()) return unchanged;
  if (!list->is_array()) return Malformed("\"contact\" is no list");
  std::vector<std::string> contacts;
  for (const Json& contact : *list) {
    if (auto problem = CheckContact(contact)) return *std::move(problem);
    contacts.push_back(contact.get<std::string>());
  }
  return contacts;
}

Outcome<std::string> CheckExternalAccount(Ca& ca, const SignedRequest& request) {
  const auto json = request.payload.find("externalAccountBinding");
  if (json == request.payload.end()) {
    if (!ca.options.eab_required) return std::string();
    return Problem{403, "externalAccountRequired", "this CA binds every account to one of its own"};
  }
  const auto binding = JwsFromJson(*json);
  if (!binding) return binding.problem();
  const std::string* key_id = StringAt(binding->header, "kid");
  if (key_id == nullptr) return Malformed("the binding has no \"kid\"");
  const auto secret = ca.options.eab_keys.find(*key_id);
  if (secret == ca.options.eab_keys.end()) return Unauthorized("the binding's \"kid\" is unknown");
  if (ca.bound_eab_keys.count(*key_id) != 0) {
    return Unauthorized("the binding's \"kid\" has been used");
  }
  if (auto problem = CheckBinding(*binding, request, secret->second)) return *std::move(problem);
  return *key_id;
}

Problem TermsNotAgreed(const std::string& terms) {
  Problem problem{403, "userActionRequired", "the terms of service have to be agreed to"};
  problem.more["instance"] = terms;
  problem.headers.emplace_back("Link", "<" + terms + ">;rel=\"terms-of-service\"");
  return problem;
}

}  // namespace certbroker::scripted_ca
