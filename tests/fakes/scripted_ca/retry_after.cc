#include "tests/fakes/scripted_ca/retry_after.h"

#include <array>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <utility>

namespace certbroker::scripted_ca {
namespace {

std::string Formatted(const char* format, Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::ostringstream text;
  // Days and months have English names (RFC 9110 §5.6.7).
  text.imbue(std::locale::classic());
  text << std::put_time(&parts, format);
  return text.str();
}

}  // namespace

std::optional<RetryAfterForm> RetryAfterFormFromName(std::string_view name) {
  constexpr auto kNames = std::to_array<std::pair<RetryAfterForm, std::string_view>>({
      {RetryAfterForm::kNone, "none"},
      {RetryAfterForm::kSeconds, "seconds"},
      {RetryAfterForm::kDate, "date"},
      {RetryAfterForm::kRfc850, "rfc850"},
      {RetryAfterForm::kAsctime, "asctime"},
  });
  for (const auto& [form, text] : kNames) {
    if (text == name) return form;
  }
  return std::nullopt;
}

std::string RetryAfterText(RetryAfterForm form, std::chrono::seconds delay, Time now) {
  switch (form) {
    case RetryAfterForm::kNone:
      return {};
    case RetryAfterForm::kSeconds:
      return std::to_string(delay.count());
    case RetryAfterForm::kDate:
      return Formatted("%a, %d %b %Y %H:%M:%S GMT", now + delay);
    case RetryAfterForm::kRfc850:
      return Formatted("%A, %d-%b-%y %H:%M:%S GMT", now + delay);
    case RetryAfterForm::kAsctime:
      return Formatted("%a %b %e %H:%M:%S %Y", now + delay);
  }
  return {};
}

std::string UtcText(Time time) { return Formatted("%Y-%m-%d %H:%M:%S UTC", time); }

}  // namespace certbroker::scripted_ca
