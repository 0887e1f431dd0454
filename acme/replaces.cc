#include "acme/replaces.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "acme/problem.h"

namespace certbroker::acme {
namespace {

constexpr int kInternalServerError = 500;
constexpr int kTooManyRequests = 429;

// Types that say what is wrong, and that it is not `replaces`.
constexpr auto kAboutSomethingElse = std::to_array<std::string_view>(
    {"badNonce", "rateLimited", "caa", "rejectedIdentifier", "unsupportedIdentifier",
     "invalidProfile", "userActionRequired", "agreementRequired", "externalAccountRequired",
     "accountDoesNotExist", "serverInternal"});

bool IsAboutSomethingElse(const HttpResponse& response) {
  const auto problem = ParseProblem(response.body);
  return problem &&
         std::ranges::find(kAboutSomethingElse, problem->type) != kAboutSomethingElse.end();
}

}  // namespace

bool RetryWithoutReplaces(const HttpResponse& response, int server_errors) {
  // Boulder and others have answered 500 for certificates that they could not look up (lego#2137).
  // 503 is a balancer's.
  if (response.status == kInternalServerError) return server_errors >= kServerErrorsWithReplaces;
  if (response.status < 400 || response.status >= 500) return false;
  return response.status != kTooManyRequests && !IsAboutSomethingElse(response);
}

}  // namespace certbroker::acme
