// acme/renewal_plan.h: when to renew one certificate, and when to ask its CA about that next
// (RFC 9773 §4.2, §4.3; without ARI by the certificate's lifetime).
//
// Pure functions over one small value, which the caller keeps with the certificate. Time and
// randomness are arguments: the same plan, answer, time and seed give the same plan.
#pragma once

#include <optional>
#include <string>

#include "acme/renewal_info.h"
#include "core/random.h"
#include "core/renewal.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::acme {

// The certificate that a plan is about.
struct RenewalSubject {
  std::string certificate_id;  // RenewalCertificateId; empty: its CA cannot be asked about it
  Time not_before;
  Time not_after;
  bool replaced = false;  // a successor has been issued
};

// The plan of a certificate that was just issued: by its lifetime, and asked about at once.
RenewalPlan FirstPlan(const RenewalSubject& certificate, Time now, Random& random);

// The plan after the CA was asked about `certificate`; `answer` is Client::GetRenewalInfo's.
//
// The same window keeps the chosen time, another one draws a new one. An error changes no time of
// renewal, only the next poll: temporary ones (the CA is unavailable, over a rate limit, or its
// answer got lost) back off, from one or two minutes to half an hour, and no sooner than the CA's
// Retry-After; after five in a row, and for every other error, 6 hours (§4.3.3). Nothing is polled
// at or after expiry, nor once replaced (§4.3). A stored plan of another certificate counts as
// none: what a CA said of the predecessor says nothing of its successor (tR7).
RenewalPlan NextPlan(const RenewalPlan& stored, const RenewalSubject& certificate,
                     const Result<RenewalInfo>& answer, Time now, Random& random);

// When a certificate must be renewed whatever its window says: 5 % of its lifetime before expiry.
Time LatestRenewal(const RenewalSubject& certificate);

// When it is to be renewed: the chosen time, but never later than LatestRenewal. In the past: now.
Time RenewAt(const RenewalPlan& plan, const RenewalSubject& certificate);

// How much a renewal may be held back.
enum class RenewalUrgency {
  kNotDue,
  kDue,
  kNearExpiry,  // at most 5 % of the lifetime are left: ARI's window does not count any more
  kEmergency,   // at most 2 %, or expired: no back-off, budget or daily cap may hold it back
};
RenewalUrgency UrgencyOf(const RenewalPlan& plan, const RenewalSubject& certificate, Time now);

}  // namespace certbroker::acme
