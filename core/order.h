// core/order.h: an order: one attempt to get one certificate, as a value. Its row in Postgres holds
// the same.
//
// Only acme/order_machine decides what changes; only service/engine carries it out; only db/ stores
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/challenge.h"
#include "core/error.h"
#include "core/https_url.h"
#include "core/identifier.h"
#include "core/ids.h"
#include "core/order_state.h"
#include "core/time.h"

namespace certbroker {

enum class OrderKind { kIssue, kRenew };
std::string_view ToString(OrderKind kind);  // ISSUE, RENEW
std::optional<OrderKind> OrderKindFromName(std::string_view name);

// RFC 8555 §7.1.6. kUnknown: a status that the RFC does not have; waited out until a deadline,
// never acted upon.
enum class AuthorizationStatus {
  kUnknown,
  kPending,
  kValid,
  kInvalid,
  kDeactivated,
  kExpired,
  kRevoked
};
std::string_view ToString(AuthorizationStatus status);  // as in the RFC: "pending"; "unknown"
std::optional<AuthorizationStatus> AuthorizationStatusFromName(std::string_view name);

// How far a challenge's answer is on its solver's side. The machine wants it, or does not want it
// any more; everything else is the solver's report.
enum class Presentation {
  kNone,
  kWanted,
  kSpreading,  // published, and not yet seen by everybody whom the CA may ask
  kServing,
  kFailed,
  kUnwanted,
  kRemoved
};
std::string_view ToString(Presentation presentation);  // NONE, WANTED, SPREADING, …
std::optional<Presentation> PresentationFromName(std::string_view name);

// One name's proof, as the CA sees it (upper half) and as the solver does (lower half).
struct Authorization {
  HttpsUrl url;
  std::optional<Identifier> name;  // nothing until the CA's answer has been read; without "*."
  bool wildcard = false;
  AuthorizationStatus status = AuthorizationStatus::kPending;
  std::optional<Time> expires;
  ChallengeType challenge_type = ChallengeType::kHttp01;  // the chosen one, as the next three
  HttpsUrl challenge_url;
  std::string token;                 // base64url characters only; dns-persist-01 has none
  std::string key_authorization;     // token "." thumbprint (RFC 8555 §8.1)
  std::string solver{kAgentSolver};  // who makes it answerable
  bool responded = false;  // the CA has been told to look; once per challenge (RFC 8555 §7.5.1)

  Presentation presentation = Presentation::kNone;
  std::string presentation_error;

  friend bool operator==(const Authorization&, const Authorization&) = default;
};

struct Order {
  // Fixed at creation.
  OrderId id;
  OrderKind kind = OrderKind::kIssue;
  AgentId agent;
  CertificateId certificate;
  RequestId request_id;
  std::string wanted_profile;    // what policy granted; empty: the CA's default
  bool profile_required = true;  // false: the CA's default will do where it has no such profile
  std::vector<Identifier> names;
  std::vector<ChallengeType> agent_challenges;  // that the agent can serve itself
  Bytes csr_der;  // PKCS#10; never changes, so that an order URL sees one CSR only (I4)
  std::string policy_version;
  std::string policy_rule;
  Time create_time;

  // Moved by the machine.
  OrderState state = OrderState::kQueued;
  IssuerId issuer;
  AccountName account;                 // at `issuer`
  std::vector<AccountName> fallbacks;  // at other issuers, tried in this order
  std::string profile;                 // asked for at `issuer`; empty: its default
  // How often the order has begun again with a new order at a CA: with another challenge where one
  // failed, or at another issuer.
  int attempt = 0;
  std::vector<FailedChallenge> failed_challenges;
  // RFC 9773 §5: identifier of the certificate that this one replaces; empty: none, or the CA did
  // not want to hear of it.
  std::string replaces;
  HeldBy held_by = HeldBy::kNothing;
  HttpsUrl order_url;  // of the CA, as all below
  HttpsUrl finalize_url;
  HttpsUrl certificate_url;
  std::optional<Time> expires;
  std::vector<Authorization> authorizations;
  int polls = 0;                 // asked in a row while the CA was working, in this state
  int failures = 0;              // transient failures in a row
  std::optional<Error> failure;  // kFailed: why. Otherwise the last transient failure, for people.

  // Kept by the store.
  Fence fence;
  Time state_time;  // since when in this state
  std::optional<Time> next_attempt_time;
  std::optional<Time> end_time;
};

// One line of an order's history; append-only.
struct OrderEvent {
  Time time;
  OrderState state;
  std::string message;
};

}  // namespace certbroker
