// acme/problem.h: how a CA says no (RFC 8555 §6.7, RFC 9457), and the only place that turns it into
// an Error of ours.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/identifier_message.h"
#include "acme/json.h"
#include "core/error.h"
#include "core/ports/http_client.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::acme {

struct Subproblem {
  IdentifierMessage identifier;  // empty: the CA named none
  std::string type;
  std::string detail;

  friend bool operator==(const Subproblem&, const Subproblem&) = default;
};

// Everything but `type` and `status` is a CA's text, as it came: Printable() before it is shown.
struct Problem {
  // Without "urn:ietf:params:acme:error:"; another URI whole; "about:blank" when missing (RFC 9457
  // §3.1.1).
  std::string type = "about:blank";
  std::string detail;
  std::string instance;
  int status = 0;  // 0: the document names none
  std::vector<Subproblem> subproblems;
  std::vector<std::string> algorithms =
      {};  // of badSignatureAlgorithm: those it takes (RFC 8555 §6.2)

  friend bool operator==(const Problem&, const Problem&) = default;
};

// Tolerant: a member of a wrong type counts as absent, because an error about the error would hide
// the error. kCaBadAnswer only when the text is no JSON object.
Result<Problem> ParseProblem(std::string_view json);
// One that stands inside an order or challenge; nothing when `value` is no object.
std::optional<Problem> ProblemFrom(const JsonValue& value);

// The problem document of a refused request, or (`http_status` 0) the `error` of an order. Carries
// a violation per subproblem that names an identifier. The detail quotes the CA.
//
// badNonce → kCaBadNonce · rateLimited → kCaRateLimited, but kCaUnavailable with 503 (a busy
// balancer, no quota) · serverInternal, and 5xx with a type not listed here → kCaUnavailable ·
// accountDoesNotExist, badSignatureAlgorithm, unauthorized with 401 → kCaAccountUnusable ·
// externalAccountRequired → kCaExternalAccountRequired · userActionRequired, agreementRequired →
// kCaTermsChanged (with the URL to visit) · rejectedIdentifier, unsupportedIdentifier →
// kCaRejectedIdentifier · caa → kCaCaaForbids · badCSR, badPublicKey → kCaBadCsr · orderNotReady →
// kCaOrderNotReady · alreadyRevoked → kCaAlreadyRevoked · badRevocationReason → kInvalidArgument ·
// connection, dns, tls → kChallengeUnreachable · incorrectResponse → kChallengeWrongContent ·
// compound → what its subproblems agree on · everything else, known or not → kCaRejected, or
// kCaOrderInvalid inside an order.
Error ToError(const Problem& problem, int http_status,
              std::optional<std::chrono::seconds> retry_after);

// The `error` of a challenge. As above, but unauthorized → kChallengeWrongContent (it is what CAs
// say for an answer other than the expected one) and everything else → kChallengeFailed.
Error ToChallengeError(const Problem& problem);

// Any answer other than 2xx. With a problem document: as above, with its Retry-After. Without one
// (HTML, empty, truncated, another content type): 5xx and 429 → kCaUnavailable, the rest →
// kCaBadAnswer. A redirect is kCaBadAnswer: none is followed (RFC 8555 has none).
Error ToError(const HttpResponse& response, Time now);

// RFC 8555 §6.5: sign again with the nonce of this very answer.
bool IsBadNonce(const HttpResponse& response);

// The media type of a response is `type`, whatever its parameters and case (RFC 9110 §8.3.1).
bool HasMediaType(const HttpResponse& response, std::string_view type);

}  // namespace certbroker::acme
