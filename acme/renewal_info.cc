#include "acme/renewal_info.h"

#include <algorithm>

#include <fmt/format.h>

#include "acme/json.h"
#include "acme/retry_after.h"
#include "core/bytes.h"
#include "core/check.h"
#include "core/https_url.h"

namespace certbroker::acme {
namespace {

Result<Time> RequiredTime(const JsonValue& window, std::string_view name) {
  ASSIGN_OR_RETURN(const auto time, OptionalTime(window, name));
  if (time) return *time;
  return Error(Reason::kCaBadAnswer,
               fmt::format("the CA's suggestedWindow lacks \"{}\" (RFC 9773 §4.2)", name));
}

Result<RenewalWindow> ReadWindow(const JsonValue& value) {
  RenewalWindow window;
  ASSIGN_OR_RETURN(window.start, RequiredTime(value, "start"));
  ASSIGN_OR_RETURN(window.end, RequiredTime(value, "end"));
  // RFC 9773 §4.2: "MUST be treated as if the client has not received a response". A window of no
  // width has crashed clients that drew a time in it (tR2).
  if (window.end <= window.start) {
    return Error(Reason::kCaBadAnswer,
                 fmt::format("the CA's suggestedWindow ends at {}, not after it starts at {} "
                             "(RFC 9773 §4.2); it is ignored",
                             FormatRfc3339(window.end), FormatRfc3339(window.start)));
  }
  return window;
}

// It is shown and may be clicked on. HttpsUrl knows no fragment, a page for people may have one.
std::string UsableUrl(const JsonValue& value) {
  const std::string* text = value.AsString();
  if (text == nullptr || !HttpsUrl::Parse(text->substr(0, text->find('#')))) return {};
  const auto visible = [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '<'; };
  constexpr std::size_t kMaxShown = 2048;
  return text->size() <= kMaxShown && std::ranges::all_of(*text, visible) ? *text : std::string();
}

}  // namespace

std::optional<std::string> RenewalCertificateId(const pki::Certificate& certificate) {
  if (certificate.authority_key_id().empty()) return std::nullopt;
  const auto serial = FromHex(certificate.serial());
  CERTBROKER_CHECK(serial.has_value());
  return fmt::format("{}.{}", Base64Url(certificate.authority_key_id()), Base64Url(*serial));
}

Result<RenewalInfo> ParseRenewalInfo(std::string_view json) {
  ASSIGN_OR_RETURN(const JsonValue root, ParseJsonObject(json));
  RenewalInfo info;
  ASSIGN_OR_RETURN(info.window, ReadWindow(root["suggestedWindow"]));
  info.explanation_url = UsableUrl(root["explanationURL"]);
  return info;
}

Result<RenewalInfo> ReadRenewalInfo(const HttpResponse& response, Time now) {
  auto info = ParseRenewalInfo(response.body);
  if (!info) return std::move(info).error().While("reading the CA's renewal information");
  // RFC 9773 §4.3.3: an answer without Retry-After is a long-term error for polling; its window
  // is as good as any.
  if (const auto delay = RetryAfter(response, now)) {
    info->poll_after = std::clamp(std::chrono::ceil<std::chrono::seconds>(*delay), kMinRenewalPoll,
                                  kMaxRenewalPoll);
  }
  return info;
}

}  // namespace certbroker::acme
