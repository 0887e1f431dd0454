#include "tests/fakes/scripted_ca/request_limits.h"

#include "tests/fakes/scripted_ca/retry_after.h"

namespace certbroker::scripted_ca {
namespace {

Gcra PerSecond(std::int64_t count, std::int64_t burst) {
  return Gcra({"requests", burst, count, std::chrono::seconds{1}});
}

}  // namespace

RequestLimits::RequestLimits()
    : own_{{Endpoint::kNewNonce, PerSecond(20, 10)},
           {Endpoint::kNewAccount, PerSecond(5, 15)},
           {Endpoint::kNewOrder, PerSecond(300, 200)},
           {Endpoint::kRevokeCert, PerSecond(10, 100)},
           {Endpoint::kRenewalInfo, PerSecond(1000, 100)},
           {Endpoint::kDirectory, PerSecond(40, 40)}},
      others_(PerSecond(250, 125)) {}

std::optional<Problem> RequestLimits::OnRequest(Endpoint endpoint, const std::string& address,
                                                Time now) {
  const auto own = own_.find(endpoint);
  const auto wait = (own == own_.end() ? others_ : own->second).Spend(address, now);
  if (!wait) return std::nullopt;
  Problem problem{503, "rateLimited", "Service busy; retry later."};
  problem.headers.emplace_back("Retry-After",
                               RetryAfterText(RetryAfterForm::kSeconds,
                                              std::chrono::ceil<std::chrono::seconds>(*wait), now));
  return problem;
}

}  // namespace certbroker::scripted_ca
