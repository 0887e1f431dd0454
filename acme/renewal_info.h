// acme/renewal_info.h: ACME Renewal Information (RFC 9773): how a certificate is named there, and
// what a CA says about when to renew it.
//
// Pure functions. What follows from an answer, and when to ask again, is acme/renewal_plan.h.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/ports/http_client.h"
#include "core/renewal.h"
#include "core/result.h"
#include "core/time.h"
#include "pki/certificate.h"

namespace certbroker::acme {

// RFC 9773 §4.1: base64url(AKI keyIdentifier) "." base64url(serial), the serial with the 00 that
// may stand in front. Nothing when the certificate has no keyIdentifier: no CA can be asked about
// it, and it can replace nothing.
std::optional<std::string> RenewalCertificateId(const pki::Certificate& certificate);

// RFC 9773 §4.3.2: how soon, and how late, a CA may have us back; and when after an answer that
// does not say (§4.3.3).
inline constexpr std::chrono::seconds kMinRenewalPoll = std::chrono::minutes(1);
inline constexpr std::chrono::seconds kMaxRenewalPoll = std::chrono::hours(24);
inline constexpr std::chrono::seconds kLongTermRenewalPoll = std::chrono::hours(6);

struct RenewalInfo {
  RenewalWindow window;              // start < end
  std::string explanation_url = {};  // for people: https, visible ASCII; empty: none
  std::chrono::seconds poll_after = kLongTermRenewalPoll;  // kMinRenewalPoll to kMaxRenewalPoll

  friend bool operator==(const RenewalInfo&, const RenewalInfo&) = default;
};

// RFC 9773 §4.2: the object alone; poll_after is the default. An explanationURL that nobody should
// be sent to (not https, user info, invisible characters) is left out, no more.
//
// kCaBadAnswer: not JSON, no window, a time that is not of RFC 3339, or end ≤ start, which the
// client must treat as no answer.
Result<RenewalInfo> ParseRenewalInfo(std::string_view json);

// A 2xx answer: the object, and Retry-After in either form, clamped.
Result<RenewalInfo> ReadRenewalInfo(const HttpResponse& response, Time now);

}  // namespace certbroker::acme
