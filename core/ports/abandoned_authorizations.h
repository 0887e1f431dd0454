// core/ports/abandoned_authorizations.h: what orders that were given up have left pending at a CA,
// as the engine sees it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/https_url.h"
#include "core/ids.h"
#include "core/ports/order_queue.h"
#include "core/result.h"

namespace certbroker {

struct AbandonedAuthorization {
  OrderId order;
  int attempt = 0;
  int position = 0;
  AccountName account;  // whose it is
  HttpsUrl url;
  // The CA has handed it to another order of ours that is alive: it must be left alone.
  bool in_use = false;
  int failures = 0;
  Fence fence;
};

struct LeasedAbandoned {
  std::vector<AbandonedAuthorization> authorizations;
  std::optional<std::chrono::milliseconds> next_due_in;
};

struct AbandonedCommit {
  AbandonedAuthorization authorization;
  std::string outcome;  // for people; empty: to be tried again
  std::chrono::milliseconds due_in{0};
};

// Thread-safe; blocks. kDatabaseUnavailable; kLeaseLost where a fence is compared. Rows come into
// being when an order ends without a certificate, or begins again.
class AbandonedAuthorizations {
 public:
  virtual ~AbandonedAuthorizations() = default;
  // Passes over those of names for which an order is just being placed: the CA may hand them out
  // again.
  virtual Result<LeasedAbandoned> LeaseAbandoned(const LeaseRequest& request) = 0;
  virtual Result<void> Commit(const AbandonedCommit& commit) = 0;
};

}  // namespace certbroker
