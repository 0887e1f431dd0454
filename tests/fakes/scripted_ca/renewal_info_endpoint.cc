#include "tests/fakes/scripted_ca/endpoints.h"
#include "tests/fakes/scripted_ca/renewal_window.h"

namespace certbroker::scripted_ca {
namespace {

std::string WindowEndText(Time time) {
  return FormatRfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

}  // namespace

std::pair<Time, Time> WindowOf(const Certificate& certificate, Time now) {
  using std::chrono::minutes;
  if (certificate.revoked) return {now - minutes{60}, now - minutes{30}};
  const auto lifetime = certificate.not_after - certificate.not_before;
  const bool is_short = lifetime < std::chrono::hours{24 * 10};
  const Time centre = certificate.not_before + (is_short ? lifetime / 2 : lifetime * 2 / 3);
  return {centre - lifetime / 100, centre + lifetime / 100};
}

Response GetRenewalInfo(Ca& ca, const std::string& renewal_id) {
  const MutexLock lock(ca.mutex);
  for (const std::string& key : {renewal_id, std::string()}) {
    const auto set = ca.renewal_answers.find(key);
    if (set != ca.renewal_answers.end()) return set->second;
  }
  const Certificate* certificate = ca.store.FindByRenewalId(renewal_id);
  if (certificate == nullptr) return ToResponse(NotFound("no such certificate"));
  const auto [start, end] = WindowOf(*certificate, ca.clock.Now());
  Response response = JsonResponse(
      200, {{"suggestedWindow", {{"start", WindowEndText(start)}, {"end", WindowEndText(end)}}}});
  response.headers.emplace_back(
      "Retry-After",
      RetryAfterText(RetryAfterForm::kSeconds, ca.options.renewal_retry_after, ca.clock.Now()));
  return response;
}

}  // namespace certbroker::scripted_ca
