// core/ports/revocation_queue.h: revocations as the engine sees them; leases, fences and intents as
// for orders.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/certificate.h"
#include "core/ports/order_queue.h"
#include "core/result.h"

namespace certbroker {

struct LeasedRevocation {
  Revocation revocation;
  CertificateId certificate;
  IssuerId issuer;
  AccountName account;
  std::string chain_pem;  // leaf first
  int failures = 0;
  Fence fence;
  std::optional<OpenIntent> open_intent;
};

struct LeasedRevocations {
  std::vector<LeasedRevocation> revocations;
  std::optional<std::chrono::milliseconds> next_due_in;
};

struct RevocationCommit {
  RevocationId id;
  Fence fence;
  RevocationState state = RevocationState::kRequested;
  std::optional<Error> failure;
  int failures = 0;
  std::optional<Settlement> settles;
  std::chrono::milliseconds due_in{0};  // while kRequested
};

// Thread-safe; blocks. kDatabaseUnavailable; kLeaseLost where a fence is compared.
class RevocationQueue {
 public:
  virtual ~RevocationQueue() = default;
  virtual Result<LeasedRevocations> LeaseRevocations(const LeaseRequest& request) = 0;
  // Settles the revocation's earlier intents.
  virtual Result<IntentId> RecordIntent(RevocationId id, Fence fence, const Intent& intent) = 0;
  virtual Result<void> Commit(const RevocationCommit& commit) = 0;
};

}  // namespace certbroker
