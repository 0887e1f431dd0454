// core/ports/order_queue.h: orders as the engine sees them: leased, fenced, written ahead.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/certificate.h"
#include "core/jws.h"
#include "core/order.h"
#include "core/result.h"

namespace certbroker {

// A signed request, on record before it is sent.
struct Intent {
  SignaturePurpose action = SignaturePurpose::kNewOrder;
  HttpsUrl url;
  std::string jws;  // the body to send
};

// The answer to it. Append-only and not fenced: what a late holder learned is still true.
struct Fact {
  int http_status = 0;
  std::string location;
  std::string body;
};

// An intent whose outcome has not been settled: its holder died, or could not learn the answer.
struct OpenIntent {
  IntentId id;
  Intent intent;
  std::chrono::milliseconds age{0};
  std::optional<Fact> fact;
};

struct LeasedOrder {
  Order order;
  std::optional<OpenIntent> open_intent;  // the latest unsettled one
};

struct LeaseRequest {
  std::string owner;  // this replica, for people
  int limit = 1;
  std::chrono::milliseconds lease{30'000};
};

struct LeasedOrders {
  std::vector<LeasedOrder> orders;
  // When the next one falls due, if any is waiting. An event may make one due earlier; ChangeFeed
  // tells.
  std::optional<std::chrono::milliseconds> next_due_in;
};

struct Settlement {
  IntentId intent;
  std::optional<Fact> fact;  // when this holder learned it
};

struct OrderCommit {
  Order order;  // order.fence is the lease's
  std::optional<Settlement> settles;
  std::optional<CertificateVersion> issued;  // exactly when order.state is kIssued
  std::string event;                         // a line for the history; empty: none
  // Nothing: the order keeps its lease (extended by `lease`) and goes on at once. Else the lease is
  // given back and the order is due again after this time; zero is now. Ignored for terminal
  // states.
  std::optional<std::chrono::milliseconds> due_in;
  // Whether Wake may shorten due_in. False when the CA named the time (RFC 8555 §6.6, §7.5.1:
  // obeyed).
  bool wakeable = true;
  std::chrono::milliseconds lease{30'000};
  // Where the order begins to be proven: thumbprint of the account key that its challenges are made
  // for (RFC 8555 §8.1). Refused with kAccountNotReady unless it is the account's key, and none is
  // to take its place. Empty: not asked.
  std::string proven_with = {};
};

// Thread-safe; blocks for database round trips. Only the database's clock decides who holds what.
// Every method: kDatabaseUnavailable. An in-doubt commit is read back before it returns, so a
// success is a success.
class OrderQueue {
 public:
  virtual ~OrderQueue() = default;

  // Takes up to `limit` due orders whose lease is free or over, oldest due first, raising each
  // one's fence. An order that is still kQueued is passed over while another order of its account
  // for the same names is in flight.
  virtual Result<LeasedOrders> Lease(const LeaseRequest& request) = 0;

  // Writes the order as given, the intent, and a line for the history (empty: none) in one
  // transaction; after it the request may be sent. It settles the order's earlier intents: whoever
  // signs anew has learned, or waited out, what became of them. kLeaseLost.
  virtual Result<IntentId> RecordIntent(const Order& order, const Intent& intent,
                                        const std::string& event) = 0;

  // Writes the order, its authorizations, settlement, certificate and event in one transaction, and
  // tells whoever waits. A fact in `settles` is kept even when the fence has moved; everything else
  // is then dropped: kLeaseLost.
  virtual Result<void> Commit(const OrderCommit& commit) = 0;

  // Something happened that an order was waiting for: it is due now, or as soon as its holder gives
  // it back.
  virtual Result<void> Wake(OrderId id) = 0;

  // Gives back every lease of `owner` (graceful stop).
  virtual Result<void> Release(const std::string& owner) = 0;
};

}  // namespace certbroker
