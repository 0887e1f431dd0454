#include "core/error.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "core/check.h"

namespace certbroker {
namespace {

using enum ErrorCategory;

constexpr auto kReasons = std::to_array<ReasonTraits>({
    {Reason::kInvalidArgument, "INVALID_ARGUMENT", kInvalidArgument, Retry::kNever},
    {Reason::kNameInvalid, "NAME_INVALID", kInvalidArgument, Retry::kNever},
    {Reason::kCsrInvalid, "CSR_INVALID", kInvalidArgument, Retry::kNever},
    {Reason::kCsrNameMismatch, "CSR_NAME_MISMATCH", kInvalidArgument, Retry::kNever},
    {Reason::kKeyTypeNotAllowed, "KEY_TYPE_NOT_ALLOWED", kInvalidArgument, Retry::kNever},
    {Reason::kNameNotAuthorized, "NAME_NOT_AUTHORIZED", kPermissionDenied, Retry::kNever},
    {Reason::kIssuerNotAllowed, "ISSUER_NOT_ALLOWED", kPermissionDenied, Retry::kNever},
    {Reason::kProfileNotAllowed, "PROFILE_NOT_ALLOWED", kPermissionDenied, Retry::kNever},
    {Reason::kDuplicateRequestId, "DUPLICATE_REQUEST_ID", kInvalidArgument, Retry::kNever},
    {Reason::kNotFound, "NOT_FOUND", kNotFound, Retry::kNever},
    {Reason::kAlreadyExists, "ALREADY_EXISTS", kAlreadyExists, Retry::kNever},
    {Reason::kCertificateNotIssued, "CERTIFICATE_NOT_ISSUED", kFailedPrecondition, Retry::kNever},
    {Reason::kOrderInProgress, "ORDER_IN_PROGRESS", kFailedPrecondition, Retry::kLater},
    {Reason::kOrderFinal, "ORDER_FINAL", kFailedPrecondition, Retry::kNever},
    {Reason::kIdentityInvalid, "IDENTITY_INVALID", kUnauthenticated, Retry::kNever},
    {Reason::kIdentityExpired, "IDENTITY_EXPIRED", kUnauthenticated, Retry::kNever},
    {Reason::kIdentitySuperseded, "IDENTITY_SUPERSEDED", kUnauthenticated, Retry::kNever},
    {Reason::kAgentNotEnrolled, "AGENT_NOT_ENROLLED", kUnauthenticated, Retry::kNever},
    {Reason::kAgentBanned, "AGENT_BANNED", kPermissionDenied, Retry::kNever},
    {Reason::kJoinTokenInvalid, "JOIN_TOKEN_INVALID", kUnauthenticated, Retry::kNever},
    {Reason::kJoinTokenUsed, "JOIN_TOKEN_USED", kUnauthenticated, Retry::kNever},
    {Reason::kClockSkew, "CLOCK_SKEW", kFailedPrecondition, Retry::kNever},
    {Reason::kVersionSkew, "VERSION_SKEW", kFailedPrecondition, Retry::kNever},
    {Reason::kAgentCaStateConflict, "AGENT_CA_STATE_CONFLICT", kFailedPrecondition, Retry::kNever},
    {Reason::kOperatorOnly, "OPERATOR_ONLY", kPermissionDenied, Retry::kNever},
    {Reason::kAgentOnly, "AGENT_ONLY", kPermissionDenied, Retry::kNever},
    {Reason::kCaUnavailable, "CA_UNAVAILABLE", kUnavailable, Retry::kLater},
    {Reason::kCaRateLimited, "CA_RATE_LIMITED", kResourceExhausted, Retry::kLater},
    {Reason::kCaRejectedIdentifier, "CA_REJECTED_IDENTIFIER", kFailedPrecondition, Retry::kNever},
    {Reason::kCaCaaForbids, "CA_CAA_FORBIDS", kFailedPrecondition, Retry::kNever},
    {Reason::kCaRejected, "CA_REJECTED", kFailedPrecondition, Retry::kNever},
    {Reason::kCaBadCsr, "CA_BAD_CSR", kFailedPrecondition, Retry::kNever},
    {Reason::kCaAccountUnusable, "CA_ACCOUNT_UNUSABLE", kFailedPrecondition, Retry::kNever},
    {Reason::kCaExternalAccountRequired, "CA_EAB_REQUIRED", kFailedPrecondition, Retry::kNever},
    {Reason::kCaTermsChanged, "CA_TERMS_CHANGED", kFailedPrecondition, Retry::kNever},
    {Reason::kCaOrderInvalid, "CA_ORDER_INVALID", kFailedPrecondition, Retry::kNever},
    {Reason::kCaOrderExpired, "CA_ORDER_EXPIRED", kFailedPrecondition, Retry::kLater},
    {Reason::kCaBadAnswer, "CA_BAD_ANSWER", kUnavailable, Retry::kLater},
    {Reason::kCaBadNonce, "CA_BAD_NONCE", kUnavailable, Retry::kLater},
    {Reason::kCaOrderNotReady, "CA_ORDER_NOT_READY", kFailedPrecondition, Retry::kReadBackFirst},
    {Reason::kCaAlreadyRevoked, "CA_ALREADY_REVOKED", kAlreadyExists, Retry::kNever},
    {Reason::kCaProfileRefused, "CA_PROFILE_REFUSED", kFailedPrecondition, Retry::kNever},
    {Reason::kCertificateRefused, "CERTIFICATE_REFUSED", kFailedPrecondition, Retry::kNever},
    {Reason::kChallengeUnsupported, "CHALLENGE_UNSUPPORTED", kFailedPrecondition, Retry::kNever},
    {Reason::kChallengeAgentOffline, "CHALLENGE_AGENT_OFFLINE", kFailedPrecondition, Retry::kLater},
    {Reason::kChallengeNotServed, "CHALLENGE_NOT_SERVED", kFailedPrecondition, Retry::kLater},
    {Reason::kChallengeUnreachable, "CHALLENGE_UNREACHABLE", kFailedPrecondition, Retry::kLater},
    {Reason::kChallengeWrongContent, "CHALLENGE_WRONG_CONTENT", kFailedPrecondition, Retry::kLater},
    {Reason::kChallengeFailed, "CHALLENGE_FAILED", kFailedPrecondition, Retry::kLater},
    {Reason::kSolverFailed, "SOLVER_FAILED", kFailedPrecondition, Retry::kLater},
    {Reason::kDnsUnavailable, "DNS_UNAVAILABLE", kUnavailable, Retry::kLater},
    {Reason::kDnsUpdateRefused, "DNS_UPDATE_REFUSED", kFailedPrecondition, Retry::kLater},
    {Reason::kDnsNotPropagated, "DNS_NOT_PROPAGATED", kFailedPrecondition, Retry::kLater},
    {Reason::kSolverProgramFailed, "SOLVER_PROGRAM_FAILED", kFailedPrecondition, Retry::kLater},
    {Reason::kAccountNotReady, "ACCOUNT_NOT_READY", kFailedPrecondition, Retry::kLater},
    {Reason::kHsmUnavailable, "HSM_UNAVAILABLE", kUnavailable, Retry::kLater},
    {Reason::kHsmPinRefused, "HSM_PIN_REFUSED", kFailedPrecondition, Retry::kNever},
    {Reason::kHsmKeyMissing, "HSM_KEY_MISSING", kFailedPrecondition, Retry::kNever},
    {Reason::kHsmKeyRefused, "HSM_KEY_REFUSED", kFailedPrecondition, Retry::kNever},
    {Reason::kDatabaseUnavailable, "DATABASE_UNAVAILABLE", kUnavailable, Retry::kLater},
    {Reason::kOutcomeUnknown, "OUTCOME_UNKNOWN", kUnavailable, Retry::kReadBackFirst},
    {Reason::kLeaseLost, "LEASE_LOST", kAborted, Retry::kNever},
    {Reason::kConfigInvalid, "CONFIG_INVALID", kInvalidArgument, Retry::kNever},
    {Reason::kOverloaded, "OVERLOADED", kResourceExhausted, Retry::kLater},
    {Reason::kShuttingDown, "SHUTTING_DOWN", kUnavailable, Retry::kLater},
    {Reason::kServiceUnreachable, "SERVICE_UNREACHABLE", kUnavailable, Retry::kLater},
    {Reason::kFileUnusable, "FILE_UNUSABLE", kFailedPrecondition, Retry::kNever},
    {Reason::kDeadlineExceeded, "DEADLINE_EXCEEDED", kDeadlineExceeded, Retry::kReadBackFirst},
    {Reason::kCancelled, "CANCELLED", kCancelled, Retry::kNever},
    {Reason::kInternal, "INTERNAL", kInternal, Retry::kNever},
});

// TraitsOf indexes by the enum's value, so the table must be in its order and complete.
constexpr bool ReasonsInEnumOrder() {
  for (std::size_t i = 0; i < kReasons.size(); ++i) {
    if (static_cast<std::size_t>(kReasons[i].reason) != i) return false;
  }
  return kReasons.size() == static_cast<std::size_t>(Reason::kInternal) + 1;
}
static_assert(ReasonsInEnumOrder());

constexpr std::uint32_t kInvalid = 0xFFFFFFFF;

// The code point at `text[i]`, `length` set to its bytes; kInvalid (length 1) for anything RFC 3629
// does not allow.
std::uint32_t DecodeUtf8(std::string_view text, std::size_t i, std::size_t& length) {
  const auto byte = [&](std::size_t k) { return static_cast<std::uint8_t>(text[k]); };
  const std::uint8_t first = byte(i);
  length = 1;
  if (first < 0x80) return first;
  std::size_t want = 0;
  std::uint32_t code = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    want = 2;
    code = first & 0x1FU;
  } else if (first >= 0xE0 && first <= 0xEF) {
    want = 3;
    code = first & 0x0FU;
  } else if (first >= 0xF0 && first <= 0xF4) {
    want = 4;
    code = first & 0x07U;
  } else {
    return kInvalid;
  }
  if (i + want > text.size()) return kInvalid;
  for (std::size_t k = 1; k < want; ++k) {
    if ((byte(i + k) & 0xC0U) != 0x80U) return kInvalid;
    code = (code << 6U) | (byte(i + k) & 0x3FU);
  }
  const bool overlong = (want == 3 && code < 0x800) || (want == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return kInvalid;
  length = want;
  return code;
}

bool IsBidiControl(std::uint32_t c) {
  return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

bool IsControl(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

}  // namespace

std::span<const ReasonTraits> AllReasons() { return kReasons; }

const ReasonTraits& TraitsOf(Reason reason) {
  const auto index = static_cast<std::size_t>(reason);
  CERTBROKER_CHECK(index < kReasons.size());
  return kReasons[index];
}

std::optional<Reason> ReasonFromName(std::string_view name) {
  const auto* found = std::ranges::find(kReasons, name, &ReasonTraits::name);
  if (found == kReasons.end()) return std::nullopt;
  return found->reason;
}

Error::Error(Reason reason, std::string detail) : reason_(reason), detail_(std::move(detail)) {}

Error Error::While(std::string_view doing) && {
  detail_.insert(0, ": ").insert(0, doing);
  return std::move(*this);
}

Error Error::RetryAfter(std::chrono::seconds delay) && {
  retry_after_ = delay;
  return std::move(*this);
}

Error Error::With(Violation violation) && {
  violations_.push_back(std::move(violation));
  return std::move(*this);
}

std::string Error::ToString() const {
  std::string text(TraitsOf(reason_).name);
  text += ": ";
  text += detail_;
  return text;
}

std::string Printable(std::string_view text, std::size_t limit_bytes) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    const std::uint32_t c = DecodeUtf8(text, i, length);
    if (out.size() + length > limit_bytes) {
      out += "…";
      break;
    }
    if (c == kInvalid || IsControl(c)) {
      out += '?';
    } else if (!IsBidiControl(c)) {
      out.append(text, i, length);
    }
    i += length;
  }
  return out;
}

}  // namespace certbroker
