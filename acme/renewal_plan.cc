#include "acme/renewal_plan.h"

#include <algorithm>

#include "core/backoff.h"

namespace certbroker::acme {
namespace {

using std::chrono::microseconds;

constexpr auto kShortLived = std::chrono::days(10);
constexpr int kMaxTemporary = 5;
constexpr BackoffLimits kRetry{std::chrono::minutes(2), std::chrono::hours(1)};
// Polls that fell together drift apart, and none stays on a full minute.
constexpr microseconds kPollSpread = std::chrono::minutes(1);

microseconds Lifetime(const RenewalSubject& certificate) {
  return std::max(certificate.not_after - certificate.not_before, microseconds(1));
}

// The certificate's own last `per_mille` of its lifetime begin here.
Time BeforeExpiry(const RenewalSubject& certificate, int per_mille) {
  // Divided first: ten thousand years in microseconds times a thousand do not fit.
  return certificate.not_after - Lifetime(certificate) / 1000 * per_mille;
}

// R2: with a third of the lifetime left, a half below ten days. As wide as Let's Encrypt's windows
// (2 %), so that certificates which were issued together are not renewed together.
RenewalWindow LifetimeWindow(const RenewalSubject& certificate) {
  const microseconds lifetime = Lifetime(certificate);
  const Time middle = certificate.not_after - lifetime / (lifetime < kShortLived ? 2 : 3);
  const microseconds half = std::max(lifetime / 100, microseconds(1));
  return {middle - half, middle + half};
}

microseconds Below(microseconds bound, Random& random) {
  return microseconds(
      static_cast<microseconds::rep>(random.Below(static_cast<std::uint64_t>(bound.count()))));
}

// RFC 9773 §4.2.
Time Choose(const RenewalWindow& window, Time now, Random& random) {
  if (window.end <= now) return now;
  return window.start + Below(window.end - window.start, random);
}

RenewalPlan LifetimePlan(const RenewalSubject& certificate, Time now, Random& random) {
  RenewalPlan plan;
  plan.certificate_id = certificate.certificate_id;
  plan.window = LifetimeWindow(certificate);
  plan.chosen = Choose(plan.window, now, random);
  return plan;
}

// RFC 9773 §4.3: not after expiry, not once replaced.
std::optional<Time> PollAt(const RenewalSubject& certificate, Time when) {
  const bool askable = !certificate.certificate_id.empty() && !certificate.replaced;
  return askable && when < certificate.not_after ? std::optional(when) : std::nullopt;
}

bool IsTemporary(const Error& error) {
  return error.retry() != Retry::kNever && error.reason() != Reason::kCaBadAnswer;
}

microseconds DelayAfter(const Error& error, int failures, Random& random) {
  if (failures == 0 || failures > kMaxTemporary) return kLongTermRenewalPoll;
  microseconds delay = Backoff(failures - 1, kRetry, random);
  if (error.retry_after()) {
    delay = std::max(
        delay, microseconds(std::clamp(*error.retry_after(), kMinRenewalPoll, kMaxRenewalPoll)));
  }
  return delay;
}

void TakeInfo(RenewalPlan& plan, const RenewalInfo& info, Time now, Random& random) {
  if (plan.source != WindowSource::kCa || plan.window != info.window) {
    plan.source = WindowSource::kCa;
    plan.window = info.window;
    plan.chosen = Choose(info.window, now, random);
  }
  plan.explanation_url = info.explanation_url;
  plan.failures = 0;
}

bool IsAbout(const RenewalPlan& plan, const RenewalSubject& certificate) {
  if (plan.certificate_id != certificate.certificate_id) return false;
  // Certificates that no CA can be asked about all have the same empty id.
  return plan.source == WindowSource::kCa || plan.window == LifetimeWindow(certificate);
}

}  // namespace

RenewalPlan FirstPlan(const RenewalSubject& certificate, Time now, Random& random) {
  RenewalPlan plan = LifetimePlan(certificate, now, random);
  plan.next_poll = PollAt(certificate, now);
  return plan;
}

RenewalPlan NextPlan(const RenewalPlan& stored, const RenewalSubject& certificate,
                     const Result<RenewalInfo>& answer, Time now, Random& random) {
  RenewalPlan plan = IsAbout(stored, certificate) ? stored : LifetimePlan(certificate, now, random);
  microseconds delay{};
  if (answer) {
    TakeInfo(plan, *answer, now, random);
    // tR2: a window beyond the certificate's end is no excuse.
    plan.chosen = RenewAt(plan, certificate);
    delay = answer->poll_after;
  } else {
    plan.failures = IsTemporary(answer.error()) ? std::min(plan.failures, kMaxTemporary) + 1 : 0;
    delay = DelayAfter(answer.error(), plan.failures, random);
  }
  plan.next_poll = PollAt(certificate, now + delay + Below(kPollSpread, random));
  return plan;
}

Time LatestRenewal(const RenewalSubject& certificate) { return BeforeExpiry(certificate, 50); }

Time RenewAt(const RenewalPlan& plan, const RenewalSubject& certificate) {
  return std::min(plan.chosen, LatestRenewal(certificate));
}

RenewalUrgency UrgencyOf(const RenewalPlan& plan, const RenewalSubject& certificate, Time now) {
  if (certificate.replaced) return RenewalUrgency::kNotDue;
  if (now >= BeforeExpiry(certificate, 20)) return RenewalUrgency::kEmergency;
  if (now >= LatestRenewal(certificate)) return RenewalUrgency::kNearExpiry;
  return now >= RenewAt(plan, certificate) ? RenewalUrgency::kDue : RenewalUrgency::kNotDue;
}

}  // namespace certbroker::acme
