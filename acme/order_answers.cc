#include "acme/order_answers.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "acme/problem.h"
#include "core/check.h"

namespace certbroker::acme {
namespace {

// RFC 8555 §7.1.3: the order is about the identifiers that were asked for. As sets: a CA may sort
// them and change their case.
bool SameNames(const std::vector<IdentifierMessage>& identifiers,
               const std::vector<Identifier>& names) {
  std::vector<Identifier> seen;
  for (const IdentifierMessage& identifier : identifiers) {
    auto name = Identifier::Parse(identifier.value);
    if (!name || identifier.type != ToString(name->type())) return false;
    seen.push_back(*std::move(name));
  }
  return SortedUnique(std::move(seen)) == SortedUnique(names);
}

Step OrderInvalid(Order order, const OrderMessage& message) {
  // Why an order became invalid stands in its `error`, or (Let's Encrypt) only in the failed
  // authorization.
  Error why =
      message.error
          ? ToError(*message.error, 0, std::nullopt)
          : Error(Reason::kCaOrderInvalid,
                  "the CA has made the order invalid without saying why; place a new order");
  return Fail(std::move(order), std::move(why));
}

void TakeUrls(Order& order, const OrderMessage& message) {
  if (message.finalize) order.finalize_url = *message.finalize;
  if (message.certificate) order.certificate_url = *message.certificate;
  if (message.expires) order.expires = message.expires;
}

}  // namespace

Step ApplyFinalizedOrder(Order order, const OrderSeen& seen, bool answers_finalize,
                         const MachineContext& context) {
  TakeUrls(order, seen.message);
  switch (seen.message.status) {
    case OrderStatus::kValid:
      if (order.certificate_url.empty()) {
        // tS: "valid" without a certificate URL is a CA in the middle of a write, or a lying one.
        return WaitForCa(std::move(order), seen.retry_after, kIssuancePolls, context);
      }
      Enter(order, OrderState::kDownloading);
      return GoOn(std::move(order), "the CA has issued the certificate");
    case OrderStatus::kInvalid:
      return OrderInvalid(std::move(order), seen.message);
    case OrderStatus::kReady:
      // RFC 8555 §7.4: still ready means the CSR never arrived. Seen in the very answer to it, it
      // means wait.
      if (!answers_finalize) {
        Step step = GoOn(std::move(order));
        step.finalize_again = true;
        return step;
      }
      [[fallthrough]];
    case OrderStatus::kPending:
    case OrderStatus::kProcessing:
    case OrderStatus::kUnknown:
      return WaitForCa(std::move(order), seen.retry_after, kIssuancePolls, context);
  }
  CERTBROKER_CHECK(false);
}

Step ApplyPlacedOrder(Order order, const OrderSeen& seen, const MachineContext& context) {
  if (!seen.location) {
    return Fail(std::move(order), Error(Reason::kCaBadAnswer,
                                        "the CA answered newOrder without a Location; without "
                                        "its URL the order cannot be followed (RFC 8555 §7.4)"));
  }
  if (!SameNames(seen.message.identifiers, order.names)) {
    Error error(Reason::kCaBadAnswer,
                fmt::format("the CA's order {} is not for the names that were asked for ({})",
                            seen.location->ToString(), JoinNames(order.names)));
    return Fail(std::move(order), std::move(error));
  }
  // tR6, RFC 9773 §5: a CA that takes the order for a replacement says so.
  if (seen.message.replaces != order.replaces) order.replaces.clear();
  order.order_url = *seen.location;
  TakeUrls(order, seen.message);
  order.authorizations.clear();
  for (const HttpsUrl& url : seen.message.authorizations) {
    Authorization authorization;
    authorization.url = url;
    order.authorizations.push_back(std::move(authorization));
  }
  if (order.authorizations.size() > order.names.size()) {
    return Fail(
        std::move(order),
        Error(Reason::kCaBadAnswer, "the CA wants more authorizations than the order has names"));
  }
  // RFC 8555 §7.1.6, §7.4: an order may be born in any state.
  switch (seen.message.status) {
    case OrderStatus::kReady:
      Enter(order, OrderState::kReady);
      return GoOn(std::move(order), "placed; every name is already proven");
    case OrderStatus::kProcessing:
    case OrderStatus::kValid:
      // The CA handed out an order of ours that was finalized before, with another CSR. Its
      // certificate would be refused by the key check; nothing is gained by fetching it.
      return Fail(std::move(order),
                  Error(Reason::kCaOrderInvalid,
                        "the CA handed out an order that has been finalized before; "
                        "place a new order"));
    case OrderStatus::kInvalid:
      return OrderInvalid(std::move(order), seen.message);
    case OrderStatus::kPending:
    case OrderStatus::kUnknown:
      Enter(order, OrderState::kPlaced);
      if (order.authorizations.empty()) {
        return WaitForCa(std::move(order), seen.retry_after, kIssuancePolls, context,
                         "placed at the CA");
      }
      return GoOn(std::move(order), "placed at the CA");
  }
  CERTBROKER_CHECK(false);
}

Step ApplyPolledOrder(Order order, const OrderSeen& seen, const MachineContext& context) {
  TakeUrls(order, seen.message);
  switch (seen.message.status) {
    case OrderStatus::kReady:
      Enter(order, OrderState::kReady);
      return GoOn(std::move(order), "every name is proven");
    case OrderStatus::kInvalid:
      return OrderInvalid(std::move(order), seen.message);
    case OrderStatus::kProcessing:
    case OrderStatus::kValid:
      return Fail(std::move(order),
                  Error(Reason::kCaOrderInvalid,
                        "the order was finalized by somebody else than this broker; check who else "
                        "uses the account key, then place a new order"));
    case OrderStatus::kPending:
    case OrderStatus::kUnknown:
      return WaitForCa(std::move(order), seen.retry_after, kIssuancePolls, context);
  }
  CERTBROKER_CHECK(false);
}

}  // namespace certbroker::acme
