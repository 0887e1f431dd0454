#include "tests/fakes/fake_revocation_queue.h"

#include "tests/fakes/fake_renewal_queue.h"

namespace certbroker::fakes {
namespace {

Error LeaseLost() { return {Reason::kLeaseLost, "the lease of the revocation was taken over"}; }

LeasedRevocation AsLeased(const State& state, const RevocationRow& row) {
  const Order& order = state.orders.at(row.order).order;
  LeasedRevocation leased;
  leased.revocation = row.revocation;
  leased.certificate = order.certificate;
  leased.issuer = order.issuer;
  for (const CertificateVersion& version : state.certificates.at(order.certificate).versions) {
    if (version.order != row.order) continue;
    leased.account = version.account;
    leased.chain_pem = version.chain_pem;
  }
  leased.failures = row.failures;
  leased.fence = row.lease.fence;
  leased.open_intent = FindOpenIntent(state, row.revocation.id.uuid());
  return leased;
}

// Null: the fence has moved.
RevocationRow* Held(State& state, RevocationId id, Fence fence) {
  const auto row = state.revocations.find(id);
  if (row == state.revocations.end() || row->second.lease.fence != fence) return nullptr;
  return &row->second;
}

void Write(State& state, RevocationRow& row, const RevocationCommit& commit) {
  const bool goes_on = commit.state == RevocationState::kRequested;
  row.revocation.state = commit.state;
  row.revocation.failure = commit.failure;
  if (commit.state == RevocationState::kRevoked) {
    row.revocation.revoke_time = state.now;
    EndRenewal(state, row.order);
  }
  row.failures = commit.failures;
  row.lease.GiveBack(goes_on ? std::optional(state.now + commit.due_in) : std::nullopt);
  if (commit.settles) Settle(state, commit.id.uuid(), commit.settles->intent);
  state.Tell(Channel::kCertificate, state.orders.at(row.order).order.certificate.ToString());
  if (goes_on && commit.due_in.count() == 0) state.Tell(Channel::kWork);
}

}  // namespace

Result<LeasedRevocations> FakeRevocationQueue::LeaseRevocations(const LeaseRequest& request) {
  return tables_.Call<LeasedRevocations>([&](State& state) -> Result<LeasedRevocations> {
    LeasedRevocations leased;
    for (const RevocationRow* row : LeaseDue(state.revocations, request, state.now)) {
      leased.revocations.push_back(AsLeased(state, *row));
    }
    leased.next_due_in = NextDue(state.revocations, state.now);
    return leased;
  });
}

Result<IntentId> FakeRevocationQueue::RecordIntent(RevocationId id, Fence fence,
                                                   const Intent& intent) {
  return tables_.Call<IntentId>([&](State& state) -> Result<IntentId> {
    const RevocationRow* row = Held(state, id, fence);
    if (row == nullptr || row->revocation.state != RevocationState::kRequested) return LeaseLost();
    return AddIntent(state, id.uuid(), intent);
  });
}

Result<void> FakeRevocationQueue::Commit(const RevocationCommit& commit) {
  return tables_.Call<void>([&](State& state) -> Result<void> {
    if (commit.settles) AddFact(state, commit.id.uuid(), *commit.settles);
    RevocationRow* row = Held(state, commit.id, commit.fence);
    if (row == nullptr) return LeaseLost();
    if (row->revocation.state == RevocationState::kRequested) {
      Write(state, *row, commit);
    } else if (row->revocation.state != commit.state) {
      return LeaseLost();
    }
    return {};
  });
}

}  // namespace certbroker::fakes
