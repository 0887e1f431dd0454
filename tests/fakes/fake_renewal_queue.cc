#include "tests/fakes/fake_renewal_queue.h"

#include <optional>

namespace certbroker::fakes {

void EndRenewal(State& state, OrderId version) {
  const auto row = state.renewals.find(version);
  if (row == state.renewals.end()) return;
  row->second.ended = true;
  row->second.lease.GiveBack(std::nullopt);
}

void AddRenewal(State& state, const Order& order, const CertificateVersion& version) {
  for (const auto& [id, row] : state.renewals) {
    if (row.renewal.certificate == order.certificate) EndRenewal(state, id);
  }
  RenewalRow& row = state.renewals[order.id];
  row.renewal = {.order = order.id,
                 .certificate = order.certificate,
                 .agent = order.agent,
                 .account = version.account,
                 .not_before = version.not_before,
                 .not_after = version.not_after,
                 .plan = *version.renewal,
                 .fence = {}};
  row.lease.next_attempt = version.renewal->next_poll;
}

Result<LeasedRenewals> FakeRenewalQueue::LeaseRenewals(const LeaseRequest& request) {
  return tables_.Call<LeasedRenewals>([&](State& state) -> Result<LeasedRenewals> {
    LeasedRenewals leased;
    for (const RenewalRow* row : LeaseDue(state.renewals, request, state.now)) {
      leased.renewals.push_back(row->renewal);
      leased.renewals.back().fence = row->lease.fence;
    }
    leased.next_due_in = NextDue(state.renewals, state.now);
    return leased;
  });
}

Result<void> FakeRenewalQueue::Commit(const RenewalCommit& commit) {
  return tables_.Call<void>([&](State& state) -> Result<void> {
    const auto row = state.renewals.find(commit.order);
    if (row == state.renewals.end() || row->second.ended ||
        row->second.lease.fence != commit.fence) {
      return Error(Reason::kLeaseLost, "the plan was taken over, or has ended");
    }
    row->second.renewal.plan = commit.plan;
    row->second.lease.GiveBack(commit.plan.next_poll);
    state.Tell(Channel::kCertificate, row->second.renewal.certificate.ToString());
    return {};
  });
}

}  // namespace certbroker::fakes
