// acme/messages.h: the resources of RFC 8555 §7.1 as a CA sends them, and the payloads that we
// send.
//
// Parsing keeps what the CA says and judges only what nothing could be built on: a member of a
// wrong type, a URL that is not https, a token outside its grammar. Whether a status makes sense
// now, or a URL may be called, is for the order machine and the OriginGate. Absent and null are the
// same everywhere; unknown members are ignored; unknown statuses are kUnknown: waited out, never
// acted upon (RFC 8555 §7.1). All parse errors are kCaBadAnswer. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/identifier_message.h"
#include "acme/payloads.h"  // what we send; one include serves both directions
#include "acme/problem.h"
#include "core/https_url.h"
#include "core/order.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::acme {

// RFC 8555 §7.1.6.
enum class OrderStatus { kUnknown, kPending, kReady, kProcessing, kValid, kInvalid };
enum class ChallengeStatus { kUnknown, kPending, kProcessing, kValid, kInvalid };
enum class AccountStatus { kUnknown, kValid, kDeactivated, kRevoked };

// RFC 8555 §7.1.3. `status` is required, the rest is what this CA sent: identifiers may come in
// another order or case than we sent them, authorizations may be empty, `finalize` may be missing.
struct OrderMessage {
  OrderStatus status = OrderStatus::kUnknown;
  std::vector<IdentifierMessage> identifiers;
  std::vector<HttpsUrl> authorizations;
  std::optional<HttpsUrl> finalize;
  std::optional<HttpsUrl> certificate;
  std::optional<Time> expires;
  std::optional<Problem> error;
  std::string profile;
  // RFC 9773 §5: the CA accepted what the order replaces. Empty: it did not say so, whatever was
  // asked; such an order is exempt from no limit.
  std::string replaces;
};
Result<OrderMessage> ParseOrder(std::string_view json);

// RFC 8555 §7.1.5, §8.
struct ChallengeMessage {
  std::string type;  // "http-01"
  HttpsUrl url;
  ChallengeStatus status = ChallengeStatus::kUnknown;
  std::string token;  // empty or a token by IsToken; never empty in a pending http-01 challenge
  std::optional<Problem> error;
  // dns-persist-01: the names that the CA goes by in the record, 1 to 10 of them.
  std::vector<std::string> issuer_domain_names = {};
};

// RFC 8555 §7.1.4. A challenge of a known type (http-01, dns-01, tls-alpn-01, dns-account-01) with
// a token outside the grammar makes the whole answer kCaBadAnswer: such a CA is broken or hostile,
// and that must be seen rather than read as "offers no http-01". One of another type that lacks a
// URL is left out, and its token is kept only when it obeys the grammar.
struct AuthorizationMessage {
  IdentifierMessage identifier;
  AuthorizationStatus status = AuthorizationStatus::kUnknown;
  bool wildcard = false;
  std::optional<Time> expires;
  std::vector<ChallengeMessage> challenges;

  const ChallengeMessage* Challenge(std::string_view type) const;  // the first, or nullptr
  // Why it failed: the error of the first invalid challenge, else of any; nullptr when none has
  // one.
  const Problem* FailureProblem() const;
};
Result<AuthorizationMessage> ParseAuthorization(std::string_view json);
Result<ChallengeMessage> ParseChallenge(std::string_view json);

// RFC 8555 §7.1.2. Contacts are never compared: CAs may store none.
struct AccountMessage {
  AccountStatus status = AccountStatus::kUnknown;
  std::vector<std::string> contacts;
  std::optional<HttpsUrl> orders;
};
Result<AccountMessage> ParseAccount(std::string_view json);

}  // namespace certbroker::acme
