// core/ports/order_store.h: orders as the RPC side sees them.
#pragma once

#include <optional>
#include <vector>

#include "core/approval.h"
#include "core/order.h"
#include "core/page.h"
#include "core/request_key.h"
#include "core/result.h"

namespace certbroker {

struct NewOrder {
  OrderId id;
  CertificateId certificate;  // kIssue: made with the order. kRenew: must be the agent's.
  OrderKind kind = OrderKind::kIssue;
  AccountName account;                      // must be VALID
  std::vector<AccountName> fallbacks = {};  // of the approval's fallback issuers
  bool profile_required = true;
  std::vector<ChallengeType> agent_challenges;
};

struct OrderFilter {
  std::optional<AgentId> agent;  // nothing: every agent's (operators)
  std::optional<CertificateId> certificate;
  bool unfinished_only = false;
};

// Thread-safe; blocks for database round trips. Every method: kDatabaseUnavailable when the
// database is away; nothing is half done then. A foreign object is kNotFound, exactly like an
// absent one.
class OrderStore {
 public:
  virtual ~OrderStore() = default;

  // The only way an order comes into being: with an Approval. Committed when it returns; then the
  // engine is told. Errors: kDuplicateRequestId · kAccountNotReady · kOrderInProgress (kRenew: the
  // certificate has an unfinished order) · kNotFound (kRenew: no such certificate of this agent).
  virtual Result<Order> Create(const Approval& approval, const NewOrder& order,
                               const RequestKey& request) = 0;

  virtual Result<Order> Get(OrderId id, const std::optional<AgentId>& owner) = 0;
  virtual Result<Page<Order>> List(const OrderFilter& filter, const PageRequest& page) = 0;
  virtual Result<std::vector<OrderEvent>> Events(OrderId id) = 0;  // oldest first

  // Ends an order that is still cancellable; whoever holds its lease loses it. kOrderFinal from
  // finalize on.
  virtual Result<Order> Cancel(OrderId id, const std::optional<AgentId>& owner,
                               const RequestKey& request) = 0;
};

}  // namespace certbroker
