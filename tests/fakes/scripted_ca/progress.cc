#include "tests/fakes/scripted_ca/progress.h"

namespace certbroker::scripted_ca {
namespace {

void Accept(Ca& ca, Authorization& authorization, Challenge& challenge) REQUIRES(ca.mutex) {
  challenge.status = Status::kValid;
  challenge.validated = *challenge.verdict_due;
  authorization.status = Status::kValid;
  authorization.expires = *challenge.verdict_due + authorization.lifetime_when_valid;
  ca.store.RememberProof(authorization);
  ca.limits.OnValidated(authorization.account, authorization.identifier);
}

void Refuse(Ca& ca, Authorization& authorization, Challenge& challenge) REQUIRES(ca.mutex) {
  challenge.status = Status::kInvalid;
  challenge.error = challenge.verdict;
  authorization.status = Status::kInvalid;
  ca.limits.OnValidationFailed(authorization.account, authorization.identifier,
                               *challenge.verdict_due);
}

Problem ErrorOf(const Authorization& authorization) {
  for (const Challenge& challenge : authorization.challenges) {
    if (challenge.error) return *challenge.error;
  }
  return Unauthorized("the authorization for " + authorization.identifier.value + " is " +
                      std::string(NameOf(authorization.status)));
}

// Pending until all its authorizations are valid, or one can no longer be.
void FollowAuthorizations(Ca& ca, Order& order) REQUIRES(ca.mutex) {
  bool all_valid = true;
  for (const Id id : order.authorizations) {
    Authorization& authorization = *ca.store.FindAuthorization(id);
    BringUpToDate(ca, authorization);
    if (authorization.status == Status::kValid) continue;
    all_valid = false;
    if (authorization.status == Status::kPending) continue;
    order.status = Status::kInvalid;
    order.error = ErrorOf(authorization);
    return;
  }
  order.status = all_valid ? Status::kReady : Status::kPending;
}

}  // namespace

void BringUpToDate(Ca& ca, Authorization& authorization) {
  const Time now = ca.clock.Now();
  for (Challenge& challenge : authorization.challenges) {
    if (challenge.status != Status::kProcessing || authorization.status != Status::kPending) {
      continue;
    }
    if (!challenge.verdict_due || *challenge.verdict_due > now) continue;
    if (challenge.verdict) {
      Refuse(ca, authorization, challenge);
    } else {
      Accept(ca, authorization, challenge);
    }
  }
  if (now < authorization.expires) return;
  if (authorization.status == Status::kValid) authorization.status = Status::kExpired;
  if (authorization.status == Status::kPending) authorization.status = Status::kInvalid;
}

void BringUpToDate(Ca& ca, Order& order) {
  const Time now = ca.clock.Now();
  if (order.status == Status::kPending || order.status == Status::kReady) {
    FollowAuthorizations(ca, order);
    if (order.status != Status::kInvalid && now >= order.expires) {
      order.status = Status::kInvalid;
      order.error = Malformed("the order has expired");
    }
  }
  // No certificate yet: it is being signed at this moment.
  if (order.status == Status::kProcessing && !order.certificate.empty() && now >= order.issued) {
    order.status = Status::kValid;
  }
}

}  // namespace certbroker::scripted_ca
