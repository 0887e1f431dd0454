// core/ports/renewal_queue.h: renewal plans as the engine sees them: those whose CA is to be asked
// again are leased, fenced and written back.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "core/ids.h"
#include "core/ports/order_queue.h"
#include "core/renewal.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker {

// The plan of one version of a certificate, the current one.
struct LeasedRenewal {
  OrderId order;  // the version's
  CertificateId certificate;
  AgentId agent;
  AccountName account;
  Time not_before;
  Time not_after;
  RenewalPlan plan;
  Fence fence;
};

struct LeasedRenewals {
  std::vector<LeasedRenewal> renewals;
  std::optional<std::chrono::milliseconds> next_due_in;
};

struct RenewalCommit {
  OrderId order;
  Fence fence;
  RenewalPlan plan;  // due again at plan.next_poll
};

// Thread-safe; blocks. kDatabaseUnavailable; kLeaseLost where a fence is compared. A version that
// was replaced or revoked is never due again (RFC 9773 §4.3), whatever its plan says.
class RenewalQueue {
 public:
  virtual ~RenewalQueue() = default;
  virtual Result<LeasedRenewals> LeaseRenewals(const LeaseRequest& request) = 0;
  // kLeaseLost also when the version has been replaced or revoked meanwhile: nothing is written.
  virtual Result<void> Commit(const RenewalCommit& commit) = 0;
};

}  // namespace certbroker
