#include "service/rpc/order_service.h"

#include "service/rpc/convert.h"
#include "service/rpc/failed_stream.h"
#include "service/rpc/request_body.h"
#include "service/rpc/resource_names.h"
#include "service/rpc/watch_stream.h"

namespace certbroker::rpc {

grpc::ServerUnaryReactor* OrderService::GetOrder(grpc::CallbackServerContext* context,
                                                 const v1::GetOrderRequest* request,
                                                 v1::Order* response) {
  return AnswerUnary(context, deps_, "GetOrder", response,
                     [this, request](const Caller& caller) -> Result<v1::Order> {
                       ASSIGN_OR_RETURN(const OrderId id, ParseOrderName("name", request->name()));
                       ASSIGN_OR_RETURN(const Order order, orders_.Get(id, caller.scope()));
                       ASSIGN_OR_RETURN(const auto events, orders_.Events(id));
                       return ToProto(order, events);
                     });
}

grpc::ServerUnaryReactor* OrderService::ListOrders(grpc::CallbackServerContext* context,
                                                   const v1::ListOrdersRequest* request,
                                                   v1::ListOrdersResponse* response) {
  return AnswerUnary(
      context, deps_, "ListOrders", response,
      [this, request](const Caller& caller) -> Result<v1::ListOrdersResponse> {
        OrderFilter filter{.agent = caller.scope(),
                           .certificate = std::nullopt,
                           .unfinished_only = request->unfinished_only()};
        if (!request->certificate().empty()) {
          ASSIGN_OR_RETURN(filter.certificate,
                           ParseCertificateName("certificate", request->certificate()));
        }
        ASSIGN_OR_RETURN(const auto page, PageOf(request->page_size(), request->page_token()));
        ASSIGN_OR_RETURN(const auto found, orders_.List(filter, page));
        v1::ListOrdersResponse list;
        for (const Order& order : found.items) *list.add_orders() = ToProto(order);
        list.set_next_page_token(found.next_token);
        return list;
      });
}

grpc::ServerWriteReactor<v1::WatchOrderResponse>* OrderService::WatchOrder(
    grpc::CallbackServerContext* context, const v1::WatchOrderRequest* request) {
  using Failed = FailedStream<v1::WatchOrderResponse>;
  auto caller = deps_.callers.Resolve(*context);
  if (!caller) return new Failed(caller.error());
  const auto id = ParseOrderName("name", request->name());
  if (!id) return new Failed(id.error());
  return WatchStream<v1::WatchOrderResponse>::Open(
      deps_, *caller, hub_, id->ToString(),
      [&orders = orders_, id = *id,
       scope = caller->scope()]() -> Result<Snapshot<v1::WatchOrderResponse>> {
        ASSIGN_OR_RETURN(const Order order, orders.Get(id, scope));
        ASSIGN_OR_RETURN(const auto events, orders.Events(id));
        Snapshot<v1::WatchOrderResponse> snapshot;
        *snapshot.response.mutable_order() = ToProto(order, events);
        snapshot.last = IsTerminal(order.state);
        return snapshot;
      });
}

grpc::ServerUnaryReactor* OrderService::CancelOrder(grpc::CallbackServerContext* context,
                                                    const v1::CancelOrderRequest* request,
                                                    v1::Order* response) {
  return AnswerUnary(
      context, deps_, "CancelOrder", response,
      [this, request](const Caller& caller) -> Result<v1::Order> {
        ASSIGN_OR_RETURN(const RequestId request_id, ParseRequestId(request->request_id()));
        ASSIGN_OR_RETURN(const OrderId id, ParseOrderName("name", request->name()));
        ASSIGN_OR_RETURN(const Order order, orders_.Cancel(id, caller.scope(),
                                                           {caller.id, request_id, "CancelOrder",
                                                            RequestBody(*request)}));
        ASSIGN_OR_RETURN(const auto events, orders_.Events(id));
        return ToProto(order, events);
      });
}

}  // namespace certbroker::rpc
