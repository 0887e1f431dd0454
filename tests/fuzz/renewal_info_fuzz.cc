// When a CA says that a certificate should be renewed (RFC 9773 §4.2). Input: JSON.
#include <chrono>

#include "acme/renewal_info.h"
#include "tests/fuzz/message_text.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr Time kNow = std::chrono::sys_days{std::chrono::November / 21 / 2026};

// An answer holds what the object says, and is asked for again within bounds whatever it demands.
void CheckAnswer(const acme::RenewalInfo& info, std::string_view json, const char* retry_after) {
  const HttpResponse response{
      .status = 200, .headers = {{"retry-after", retry_after}}, .body = std::string(json)};
  const auto answer = acme::ReadRenewalInfo(response, kNow);
  CERTBROKER_CHECK(answer && answer->window == info.window);
  CERTBROKER_CHECK(answer->poll_after >= acme::kMinRenewalPoll);
  CERTBROKER_CHECK(answer->poll_after <= acme::kMaxRenewalPoll);
}

}  // namespace

bool Try(std::string_view input) {
  const auto info = acme::ParseRenewalInfo(input);
  if (!CheckReading(info, input, &acme::ParseRenewalInfo)) return false;
  CERTBROKER_CHECK(info->window.start < info->window.end);
  // It is shown to people as a link.
  CERTBROKER_CHECK(info->explanation_url.empty() || info->explanation_url.starts_with("https://"));
  CheckPrintable(info->explanation_url);
  for (const char* retry_after : {"0", "7200", "99999999999999999999", "tomorrow"}) {
    CheckAnswer(*info, input, retry_after);
  }
  return true;
}

}  // namespace certbroker::fuzz
