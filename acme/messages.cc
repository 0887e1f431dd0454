#include "acme/messages.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "acme/json.h"
#include "core/challenge.h"

namespace certbroker::acme {
namespace {

template <class Status>
using StatusNames = std::initializer_list<std::pair<std::string_view, Status>>;

// RFC 8555 §7.1: a status that we do not know must not stop us.
template <class Status>
Result<Status> ReadStatus(const JsonValue& object, StatusNames<Status> names) {
  ASSIGN_OR_RETURN(const std::string text, RequiredString(object, "status"));
  for (const auto& [name, status] : names) {
    if (name == text) return status;
  }
  return Status::kUnknown;
}

Result<IdentifierMessage> ReadIdentifier(const JsonValue& value) {
  IdentifierMessage identifier;
  ASSIGN_OR_RETURN(identifier.type, RequiredString(value, "type"));
  ASSIGN_OR_RETURN(identifier.value, RequiredString(value, "value"));
  return identifier;
}

Result<std::vector<HttpsUrl>> ReadUrls(const JsonValue& object, std::string_view name) {
  ASSIGN_OR_RETURN(const auto texts, OptionalStrings(object, name));
  std::vector<HttpsUrl> urls;
  for (const std::string& text : texts) {
    auto url = HttpsUrl::Parse(text);
    if (!url) return std::move(url).error().While(fmt::format("reading \"{}\"", name));
    urls.push_back(*std::move(url));
  }
  return urls;
}

// Those whose token RFC 8555 §8, RFC 8737 and draft-ietf-acme-dns-account-label define.
bool IsKnownType(std::string_view type) {
  constexpr auto kKnown =
      std::to_array<std::string_view>({"http-01", "dns-01", "tls-alpn-01", "dns-account-01"});
  return std::ranges::find(kKnown, type) != kKnown.end();
}

Error BadToken(std::string_view type, const std::string& token) {
  return Error(Reason::kCaBadAnswer,
               fmt::format("the CA sent a {} challenge whose token \"{}\" is not 1 to {} base64url "
                           "characters (RFC 8555 §8); it will not be used",
                           Printable(type, 50), Printable(token, 100), kMaxTokenSize));
}

// Tokens have been used to walk out of directories and into shells (lego CVE-2026-40611, Go
// CVE-2022-30636, acme-tiny#20), so nothing outside the grammar gets past this function.
Result<std::string> ReadToken(const JsonValue& value, std::string_view type,
                              ChallengeStatus status) {
  if (!IsKnownType(type)) {
    const std::string* token = value["token"].AsString();
    return token != nullptr && IsToken(*token) ? *token : std::string();
  }
  ASSIGN_OR_RETURN(const auto token, OptionalString(value, "token"));
  // One that is over may come without its token; one that waits for us may not.
  if (!token && status != ChallengeStatus::kPending) return std::string();
  if (!token || !IsToken(*token)) return BadToken(type, token.value_or(""));
  return *token;
}

// draft-ietf-acme-dns-persist: a challenge with none, or with more than ten, is malformed.
Result<std::vector<std::string>> ReadIssuerDomains(const JsonValue& value) {
  constexpr std::size_t kMaxIssuerDomains = 10;
  ASSIGN_OR_RETURN(auto names, OptionalStrings(value, "issuer-domain-names"));
  if (!names.empty() && names.size() <= kMaxIssuerDomains) return names;
  return Error(Reason::kCaBadAnswer,
               fmt::format("the CA sent a dns-persist-01 challenge with {} issuer-domain-names; it "
                           "must have 1 to {}",
                           names.size(), kMaxIssuerDomains));
}

Result<ChallengeMessage> ReadChallenge(const JsonValue& value) {
  ChallengeMessage challenge;
  ASSIGN_OR_RETURN(challenge.type, RequiredString(value, "type"));
  ASSIGN_OR_RETURN(challenge.url, RequiredUrl(value, "url"));
  ASSIGN_OR_RETURN(challenge.status,
                   ReadStatus<ChallengeStatus>(value, {{"pending", ChallengeStatus::kPending},
                                                       {"processing", ChallengeStatus::kProcessing},
                                                       {"valid", ChallengeStatus::kValid},
                                                       {"invalid", ChallengeStatus::kInvalid}}));
  ASSIGN_OR_RETURN(challenge.token, ReadToken(value, challenge.type, challenge.status));
  if (challenge.type == "dns-persist-01") {
    ASSIGN_OR_RETURN(challenge.issuer_domain_names, ReadIssuerDomains(value));
  }
  challenge.error = ProblemFrom(value["error"]);
  return challenge;
}

Result<std::vector<ChallengeMessage>> ReadChallenges(const JsonValue& object) {
  ASSIGN_OR_RETURN(const JsonValue::Array* array, OptionalArray(object, "challenges"));
  std::vector<ChallengeMessage> challenges;
  for (const JsonValue& value : *array) {
    auto challenge = ReadChallenge(value);
    const std::string* type = value["type"].AsString();
    // RFC 8555 §9.7.8 lets types come that we have never heard of, with whatever members they like.
    if (!challenge && (type == nullptr || !IsKnownType(*type))) continue;
    if (!challenge) return std::move(challenge).error();
    challenges.push_back(*std::move(challenge));
  }
  return challenges;
}

Result<OrderMessage> ReadOrder(const JsonValue& root) {
  OrderMessage order;
  ASSIGN_OR_RETURN(order.status,
                   ReadStatus<OrderStatus>(root, {{"pending", OrderStatus::kPending},
                                                  {"ready", OrderStatus::kReady},
                                                  {"processing", OrderStatus::kProcessing},
                                                  {"valid", OrderStatus::kValid},
                                                  {"invalid", OrderStatus::kInvalid}}));
  ASSIGN_OR_RETURN(const JsonValue::Array* identifiers, OptionalArray(root, "identifiers"));
  for (const JsonValue& value : *identifiers) {
    ASSIGN_OR_RETURN(IdentifierMessage identifier, ReadIdentifier(value));
    order.identifiers.push_back(std::move(identifier));
  }
  ASSIGN_OR_RETURN(order.authorizations, ReadUrls(root, "authorizations"));
  ASSIGN_OR_RETURN(order.finalize, OptionalUrl(root, "finalize"));
  ASSIGN_OR_RETURN(order.certificate, OptionalUrl(root, "certificate"));
  ASSIGN_OR_RETURN(order.expires, OptionalTime(root, "expires"));
  ASSIGN_OR_RETURN(auto profile, OptionalString(root, "profile"));
  order.profile = std::move(profile).value_or("");
  ASSIGN_OR_RETURN(auto replaces, OptionalString(root, "replaces"));
  order.replaces = std::move(replaces).value_or("");
  order.error = ProblemFrom(root["error"]);
  return order;
}

Result<AuthorizationMessage> ReadAuthorization(const JsonValue& root) {
  AuthorizationMessage authorization;
  ASSIGN_OR_RETURN(authorization.identifier, ReadIdentifier(root["identifier"]));
  ASSIGN_OR_RETURN(
      authorization.status,
      ReadStatus<AuthorizationStatus>(root, {{"pending", AuthorizationStatus::kPending},
                                             {"valid", AuthorizationStatus::kValid},
                                             {"invalid", AuthorizationStatus::kInvalid},
                                             {"deactivated", AuthorizationStatus::kDeactivated},
                                             {"expired", AuthorizationStatus::kExpired},
                                             {"revoked", AuthorizationStatus::kRevoked}}));
  ASSIGN_OR_RETURN(authorization.wildcard, OptionalBool(root, "wildcard"));
  ASSIGN_OR_RETURN(authorization.expires, OptionalTime(root, "expires"));
  ASSIGN_OR_RETURN(authorization.challenges, ReadChallenges(root));
  return authorization;
}

Result<AccountMessage> ReadAccount(const JsonValue& root) {
  AccountMessage account;
  ASSIGN_OR_RETURN(account.status,
                   ReadStatus<AccountStatus>(root, {{"valid", AccountStatus::kValid},
                                                    {"deactivated", AccountStatus::kDeactivated},
                                                    {"revoked", AccountStatus::kRevoked}}));
  ASSIGN_OR_RETURN(account.contacts, OptionalStrings(root, "contact"));
  ASSIGN_OR_RETURN(account.orders, OptionalUrl(root, "orders"));
  return account;
}

// The context that every error of one kind of message gets.
template <class Message>
Result<Message> Parse(std::string_view json, Result<Message> (*read)(const JsonValue&),
                      std::string_view what) {
  auto root = ParseJsonObject(json);
  if (!root) return std::move(root).error().While(fmt::format("reading {}", what));
  Result<Message> message = read(*root);
  if (!message) return std::move(message).error().While(fmt::format("reading {}", what));
  return message;
}

}  // namespace

Result<OrderMessage> ParseOrder(std::string_view json) {
  return Parse(json, &ReadOrder, "an order of the CA");
}

Result<AuthorizationMessage> ParseAuthorization(std::string_view json) {
  return Parse(json, &ReadAuthorization, "an authorization of the CA");
}

Result<ChallengeMessage> ParseChallenge(std::string_view json) {
  return Parse(json, &ReadChallenge, "a challenge of the CA");
}

Result<AccountMessage> ParseAccount(std::string_view json) {
  return Parse(json, &ReadAccount, "an account of the CA");
}

const ChallengeMessage* AuthorizationMessage::Challenge(std::string_view type) const {
  const auto found = std::ranges::find(challenges, type, &ChallengeMessage::type);
  return found == challenges.end() ? nullptr : &*found;
}

const Problem* AuthorizationMessage::FailureProblem() const {
  const Problem* any = nullptr;
  for (const ChallengeMessage& challenge : challenges) {
    if (!challenge.error) continue;
    if (challenge.status == ChallengeStatus::kInvalid) return &*challenge.error;
    if (any == nullptr) any = &*challenge.error;
  }
  return any;
}

}  // namespace certbroker::acme
