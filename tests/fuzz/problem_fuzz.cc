// Refusals of a CA (RFC 8555 §6.7), and whatever else answers with a status that is not 2xx.
// Input: one octet that chooses the HTTP status, then the body.
#include <array>
#include <chrono>

#include "tests/fuzz/message_text.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr std::array kStatuses = {400, 401, 403, 404, 409, 429, 500, 503, 301, 599};
constexpr Time kNow = std::chrono::sys_days{std::chrono::November / 21 / 2026};

// An answer is refused with the same words and reason as the problem in it.
void CheckAnswer(const HttpResponse& response) {
  const Error error = acme::ToError(response, kNow);
  CheckError(error);
  if (!acme::IsBadNonce(response) || response.status == 503) return;
  CERTBROKER_CHECK(error.reason() == Reason::kCaBadNonce);
}

}  // namespace

bool Try(std::string_view input) {
  if (input.empty()) return false;
  const auto choice = static_cast<unsigned char>(input.front());
  const std::string_view body = input.substr(1);
  const int status = kStatuses[choice % kStatuses.size()];
  for (const char* type : {"application/problem+json", "text/html"}) {
    CheckAnswer({.status = status, .headers = {{"content-type", type}}, .body = std::string(body)});
  }
  const auto problem = acme::ParseProblem(body);
  if (!CheckReading(problem, body, &acme::ParseProblem)) return false;
  CheckError(acme::ToError(*problem, status, std::nullopt));
  CheckError(acme::ToError(*problem, 0, std::nullopt));
  CheckError(acme::ToChallengeError(*problem));
  return true;
}

}  // namespace certbroker::fuzz
