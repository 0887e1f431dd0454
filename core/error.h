// core/error.h: how a function of certbroker says that it failed.
//
// An Error is a Reason out of a closed set, a sentence for people, and what a machine may need
// besides: when to come back, and what is wrong with which field or name. The reason decides
// everything else (category, retry, gRPC status); it is the stable name that clients see in
// google.rpc.ErrorInfo. docs/errors.md has a row per reason; a test compares the two.
//
// Values; no thread of its own. Nothing of ours throws across a function boundary.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace certbroker {

// What kind of thing went wrong; one-to-one with a gRPC status code (service/rpc/status.cc).
enum class ErrorCategory {
  kInvalidArgument,
  kUnauthenticated,
  kPermissionDenied,
  kNotFound,
  kAlreadyExists,
  kFailedPrecondition,
  kAborted,
  kResourceExhausted,
  kUnavailable,
  kDeadlineExceeded,
  kCancelled,
  kInternal,
};

// What a caller may do about it. kReadBackFirst: the effect may have happened; ask before acting
// again.
enum class Retry { kNever, kLater, kReadBackFirst };

enum class Reason {
  // The caller's request.
  kInvalidArgument,
  kNameInvalid,
  kCsrInvalid,
  kCsrNameMismatch,
  kKeyTypeNotAllowed,
  kNameNotAuthorized,
  kIssuerNotAllowed,
  kProfileNotAllowed,
  kDuplicateRequestId,
  kNotFound,
  kAlreadyExists,
  kCertificateNotIssued,
  kOrderInProgress,
  kOrderFinal,
  kIdentityInvalid,
  kIdentityExpired,
  kIdentitySuperseded,
  kAgentNotEnrolled,
  kAgentBanned,
  kJoinTokenInvalid,
  kJoinTokenUsed,
  kClockSkew,
  kVersionSkew,
  kAgentCaStateConflict,
  kOperatorOnly,
  kAgentOnly,
  // The certificate authority.
  kCaUnavailable,
  kCaRateLimited,
  kCaRejectedIdentifier,
  kCaCaaForbids,
  kCaRejected,
  kCaBadCsr,
  kCaAccountUnusable,
  kCaExternalAccountRequired,
  kCaTermsChanged,
  kCaOrderInvalid,
  kCaOrderExpired,
  kCaBadAnswer,
  kCaBadNonce,
  kCaOrderNotReady,
  kCaAlreadyRevoked,
  kCaProfileRefused,
  kCertificateRefused,
  // Proof of control.
  kChallengeUnsupported,
  kChallengeAgentOffline,
  kChallengeNotServed,
  kChallengeUnreachable,
  kChallengeWrongContent,
  kChallengeFailed,
  kSolverFailed,
  kDnsUnavailable,
  kDnsUpdateRefused,
  kDnsNotPropagated,
  kSolverProgramFailed,
  // The broker itself.
  kAccountNotReady,
  kHsmUnavailable,
  kHsmPinRefused,
  kHsmKeyMissing,
  kHsmKeyRefused,
  kDatabaseUnavailable,
  kOutcomeUnknown,
  kLeaseLost,
  kConfigInvalid,
  kOverloaded,
  kShuttingDown,
  // The client programs' own; the service never answers with them.
  kServiceUnreachable,
  kFileUnusable,
  kDeadlineExceeded,
  kCancelled,
  kInternal,
};

struct ReasonTraits {
  Reason reason;
  std::string_view
      name;  // UPPER_SNAKE_CASE, ≤ 63 characters (AIP-193); never changes once released
  ErrorCategory category;
  Retry retry;
};

// The one table of reasons, in the order of the enum.
std::span<const ReasonTraits> AllReasons();
const ReasonTraits& TraitsOf(Reason reason);
std::optional<Reason> ReasonFromName(std::string_view name);

// One field of a request or one name of an order, and what is wrong with it.
struct Violation {
  std::string subject;  // field path ("names[2]") or DNS name
  Reason reason;
  std::string description;

  friend bool operator==(const Violation&, const Violation&) = default;
};

class [[nodiscard]] Error {
 public:
  Error(Reason reason, std::string detail);

  Reason reason() const { return reason_; }
  ErrorCategory category() const { return TraitsOf(reason_).category; }
  Retry retry() const { return TraitsOf(reason_).retry; }

  // For people: what happened, why, and what to do next. May quote a CA; printable characters only
  // (see Printable).
  const std::string& detail() const { return detail_; }
  std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }
  const std::vector<Violation>& violations() const { return violations_; }

  // Adds context in front: "finalizing order 42: …". Once per layer, by the caller.
  Error While(std::string_view doing) &&;
  Error RetryAfter(std::chrono::seconds delay) &&;
  Error With(Violation violation) &&;

  // "REASON: detail", for logs.
  std::string ToString() const;

  friend bool operator==(const Error&, const Error&) = default;

 private:
  Reason reason_;
  std::string detail_;
  std::optional<std::chrono::seconds> retry_after_;
  std::vector<Violation> violations_;
};

// `text` with control characters, ANSI escapes and invalid UTF-8 replaced by '?', bidirectional
// overrides removed, and cut after `limit_bytes`: what text from a CA or an agent must pass before
// it reaches a log, a terminal or an error.
std::string Printable(std::string_view text, std::size_t limit_bytes = 1024);

}  // namespace certbroker
