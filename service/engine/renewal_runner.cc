#include "service/engine/renewal_runner.h"

#include <algorithm>
#include <utility>

#include "core/account_name.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;

// Questions at once: they are many, small and never urgent.
constexpr int kMaxQuestions = 20;

acme::RenewalSubject SubjectOf(const LeasedRenewal& leased) {
  return {.certificate_id = leased.plan.certificate_id,
          .not_before = leased.not_before,
          .not_after = leased.not_after};
}

}  // namespace

RenewalRunner::RenewalRunner(RunnerDeps deps, RenewalQueue& queue, LeaseOptions options)
    : deps_(deps), queue_(queue), options_(std::move(options)) {}

Result<std::optional<milliseconds>> RenewalRunner::LeaseDue() {
  const int room = std::min(options_.max_in_flight, kMaxQuestions) - in_flight_;
  if (room <= 0) return std::optional<milliseconds>();  // a run that ends brings us back
  ASSIGN_OR_RETURN(
      LeasedRenewals leased,
      queue_.LeaseRenewals({.owner = options_.owner, .limit = room, .lease = options_.lease}));
  for (LeasedRenewal& renewal : leased.renewals) {
    ++in_flight_;
    deps_.workers.Post(
        [this, run = std::make_shared<const LeasedRenewal>(std::move(renewal))] { Ask(run); });
  }
  return leased.next_due_in;
}

void RenewalRunner::Ask(const LeasedPtr& leased) {
  const auto parts = PartsOf(leased->account);
  const auto issuer = parts ? deps_.accounts.IssuerOf(parts->issuer)
                            : Result<const Issuer*>(Error(Reason::kInternal, "no account's name"));
  if (!issuer) {
    Conclude(*leased, issuer.error());
    return;
  }
  (*issuer)->client.GetRenewalInfo(
      leased->plan.certificate_id,
      [this, leased](const Result<acme::RenewalInfo>& answer) { Conclude(*leased, answer); });
}

void RenewalRunner::Conclude(const LeasedRenewal& leased, const Result<acme::RenewalInfo>& answer) {
  const RenewalPlan plan =
      acme::NextPlan(leased.plan, SubjectOf(leased), answer, deps_.clock.Now(), deps_.random);
  LogPlan(leased, plan, answer);
  const auto committed =
      queue_.Commit({.order = leased.order, .fence = leased.fence, .plan = plan});
  if (!committed && committed.error().reason() != Reason::kLeaseLost) {
    deps_.log.Warning("commit_failed", {{"renewal", leased.order.ToString()},
                                        {"error", committed.error().ToString()}});
  }
  --in_flight_;
  if (notify_due_) notify_due_(milliseconds{0});
}

// A window that moves is news (a CA that is about to revoke moves it into the past); the same
// answer again is not.
void RenewalRunner::LogPlan(const LeasedRenewal& leased, const RenewalPlan& plan,
                            const Result<acme::RenewalInfo>& answer) const {
  if (!answer) {
    deps_.log.Info("renewal_info_unavailable",
                   {{"certificate", leased.certificate.ToString()},
                    {"next_poll", plan.next_poll ? FormatRfc3339(*plan.next_poll) : "never"},
                    {"error", answer.error().ToString()}});
    return;
  }
  if (plan.window == leased.plan.window && plan.source == leased.plan.source) return;
  deps_.log.Info("renewal_window", {{"certificate", leased.certificate.ToString()},
                                    {"agent", leased.agent.ToString()},
                                    {"start", FormatRfc3339(plan.window.start)},
                                    {"end", FormatRfc3339(plan.window.end)},
                                    {"renew_at", FormatRfc3339(plan.chosen)},
                                    {"explanation", plan.explanation_url}});
}

}  // namespace certbroker::engine
