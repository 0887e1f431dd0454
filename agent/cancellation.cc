#include "agent/cancellation.h"

#include <utility>

#include "agent/order_text.h"
#include "agent/placement.h"

namespace certbroker::agent {
namespace {

using OrderStub = v1::OrderService::StubInterface;

Result<v1::Order> Cancel(const ServiceLink& service, const std::string& order) {
  v1::CancelOrderRequest request;
  request.set_name(order);
  request.set_request_id(service.NewRequestId());
  return service.calls().Unary(service.orders(), &OrderStub::CancelOrder, request);
}

Result<v1::Order> Get(const ServiceLink& service, const std::string& order) {
  v1::GetOrderRequest request;
  request.set_name(order);
  return service.calls().Unary(service.orders(), &OrderStub::GetOrder, request);
}

bool EndedWithoutCertificate(const v1::Order& order) {
  return IsFinal(order.state()) && order.state() != v1::ORDER_STATE_ISSUED;
}

Result<Cancellation> Clear(const PendingRequests& pending) {
  RETURN_IF_ERROR(pending.Clear());
  return Cancellation::kDone;
}

}  // namespace

Result<Cancellation> CancelPending(const ServiceLink& service, const PendingRequests& pending,
                                   PendingRequest& request) {
  if (request.order.empty()) {
    const auto placed = PlaceOrder(service, request);
    if (!placed && WasRefused(placed.error())) return Clear(pending);
    if (!placed) return placed.error();
    request.order = placed->name();
    RETURN_IF_ERROR(pending.Save(request));
  }
  auto order = Cancel(service, request.order);
  if (!order && order.error().reason() == Reason::kOrderFinal) order = Get(service, request.order);
  if (!order && order.error().reason() == Reason::kNotFound) return Clear(pending);
  if (!order) return std::move(order).error().While("cancelling " + request.order);
  return EndedWithoutCertificate(*order) ? Clear(pending) : Cancellation::kTooLate;
}

}  // namespace certbroker::agent
