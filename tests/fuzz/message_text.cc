#include "tests/fuzz/message_text.h"

#include <optional>
#include <vector>

#include "acme/json.h"

namespace certbroker::fuzz {
namespace {

using acme::JsonQuote;

// Writes an object member by member; members that say nothing are left out.
class ObjectText {
 public:
  ObjectText& Json(std::string_view name, std::string_view json) {
    text_ += text_.empty() ? "" : ",";
    text_ += JsonQuote(name) + ":";
    text_ += json;
    return *this;
  }
  ObjectText& Text(std::string_view name, std::string_view value) {
    return value.empty() ? *this : Json(name, JsonQuote(value));
  }
  // Empty ones too, where a reader wants the member to be there.
  ObjectText& Required(std::string_view name, std::string_view value) {
    return Json(name, JsonQuote(value));
  }
  ObjectText& Url(std::string_view name, const std::optional<HttpsUrl>& url) {
    return url ? Json(name, JsonQuote(url->ToString())) : *this;
  }
  ObjectText& When(std::string_view name, const std::optional<Time>& time) {
    return time ? Json(name, JsonQuote(FormatRfc3339(*time))) : *this;
  }
  ObjectText& Flag(std::string_view name, bool value) { return value ? Json(name, "true") : *this; }
  template <class List, class ToJson>
  ObjectText& All(std::string_view name, const List& list, ToJson to_json) {
    std::string items;
    for (const auto& item : list) items += (items.empty() ? "" : ",") + to_json(item);
    return items.empty() ? *this : Json(name, "[" + items + "]");
  }

  std::string Done() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string_view NameOf(acme::OrderStatus status) {
  switch (status) {
    case acme::OrderStatus::kUnknown:
      return "?";
    case acme::OrderStatus::kPending:
      return "pending";
    case acme::OrderStatus::kReady:
      return "ready";
    case acme::OrderStatus::kProcessing:
      return "processing";
    case acme::OrderStatus::kValid:
      return "valid";
    case acme::OrderStatus::kInvalid:
      return "invalid";
  }
  return "";
}

std::string_view NameOf(acme::ChallengeStatus status) {
  switch (status) {
    case acme::ChallengeStatus::kUnknown:
      return "?";
    case acme::ChallengeStatus::kPending:
      return "pending";
    case acme::ChallengeStatus::kProcessing:
      return "processing";
    case acme::ChallengeStatus::kValid:
      return "valid";
    case acme::ChallengeStatus::kInvalid:
      return "invalid";
  }
  return "";
}

std::string_view NameOf(acme::AccountStatus status) {
  switch (status) {
    case acme::AccountStatus::kUnknown:
      return "?";
    case acme::AccountStatus::kValid:
      return "valid";
    case acme::AccountStatus::kDeactivated:
      return "deactivated";
    case acme::AccountStatus::kRevoked:
      return "revoked";
  }
  return "";
}

std::string_view NameOf(AuthorizationStatus status) {
  switch (status) {
    case AuthorizationStatus::kUnknown:
      return "?";
    case AuthorizationStatus::kPending:
      return "pending";
    case AuthorizationStatus::kValid:
      return "valid";
    case AuthorizationStatus::kInvalid:
      return "invalid";
    case AuthorizationStatus::kDeactivated:
      return "deactivated";
    case AuthorizationStatus::kExpired:
      return "expired";
    case AuthorizationStatus::kRevoked:
      return "revoked";
  }
  return "";
}

std::string IdentifierText(const acme::IdentifierMessage& identifier) {
  return ObjectText().Required("type", identifier.type).Required("value", identifier.value).Done();
}

std::string SubproblemText(const acme::Subproblem& subproblem) {
  return ObjectText()
      .Required("type", "urn:ietf:params:acme:error:" + subproblem.type)
      .Text("detail", subproblem.detail)
      .Json("identifier", IdentifierText(subproblem.identifier))
      .Done();
}

std::string UrlText(const HttpsUrl& url) { return JsonQuote(url.ToString()); }

ObjectText& AddError(ObjectText& text, const std::optional<acme::Problem>& error) {
  return error ? text.Json("error", TextOf(*error)) : text;
}

std::string MetaText(const acme::Directory& directory) {
  ObjectText profiles;
  for (const auto& [name, description] : directory.profiles) profiles.Required(name, description);
  return ObjectText()
      .Text("termsOfService", directory.terms_of_service)
      .Text("website", directory.website)
      .Flag("externalAccountRequired", directory.external_account_required)
      .All("caaIdentities", directory.caa_identities,
           [](const std::string& name) { return JsonQuote(name); })
      .Json("profiles", profiles.Done())
      .Done();
}

}  // namespace

std::string TextOf(const acme::Directory& directory) {
  return ObjectText()
      .Url("newNonce", directory.new_nonce)
      .Url("newAccount", directory.new_account)
      .Url("newOrder", directory.new_order)
      .Url("revokeCert", directory.revoke_cert)
      .Url("keyChange", directory.key_change)
      .Url("newAuthz", directory.new_authz)
      .Url("renewalInfo", directory.renewal_info)
      .Json("meta", MetaText(directory))
      .Done();
}

std::string TextOf(const acme::OrderMessage& order) {
  ObjectText text;
  text.Json("status", JsonQuote(NameOf(order.status)))
      .All("identifiers", order.identifiers, &IdentifierText)
      .All("authorizations", order.authorizations, &UrlText)
      .Url("finalize", order.finalize)
      .Url("certificate", order.certificate)
      .When("expires", order.expires)
      .Text("profile", order.profile)
      .Text("replaces", order.replaces);
  return AddError(text, order.error).Done();
}

std::string TextOf(const acme::ChallengeMessage& challenge) {
  ObjectText text;
  text.Required("type", challenge.type)
      .Url("url", challenge.url)
      .Json("status", JsonQuote(NameOf(challenge.status)))
      .Text("token", challenge.token)
      .All("issuer-domain-names", challenge.issuer_domain_names,
           [](const std::string& name) { return JsonQuote(name); });
  return AddError(text, challenge.error).Done();
}

std::string TextOf(const acme::AuthorizationMessage& authorization) {
  return ObjectText()
      .Json("identifier", IdentifierText(authorization.identifier))
      .Json("status", JsonQuote(NameOf(authorization.status)))
      .Flag("wildcard", authorization.wildcard)
      .When("expires", authorization.expires)
      .All("challenges", authorization.challenges,
           [](const acme::ChallengeMessage& challenge) { return TextOf(challenge); })
      .Done();
}

std::string TextOf(const acme::AccountMessage& account) {
  return ObjectText()
      .Json("status", JsonQuote(NameOf(account.status)))
      .All("contact", account.contacts, [](const std::string& url) { return JsonQuote(url); })
      .Url("orders", account.orders)
      .Done();
}

std::string TextOf(const acme::RenewalInfo& info) {
  const std::string window =
      ObjectText().When("start", info.window.start).When("end", info.window.end).Done();
  return ObjectText()
      .Json("suggestedWindow", window)
      .Text("explanationURL", info.explanation_url)
      .Done();
}

std::string TextOf(const acme::Problem& problem) {
  // The prefix comes off again whatever the type is, an empty one included.
  ObjectText text;
  text.Required("type", "urn:ietf:params:acme:error:" + problem.type)
      .Text("detail", problem.detail)
      .Text("instance", problem.instance)
      .All("subproblems", problem.subproblems, &SubproblemText);
  if (problem.status != 0) text.Json("status", std::to_string(problem.status));
  return text.Done();
}

}  // namespace certbroker::fuzz
