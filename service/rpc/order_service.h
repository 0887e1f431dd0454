// service/rpc/order_service.h: certbroker.v1.OrderService.
#pragma once

#include "certbroker/v1/order.grpc.pb.h"
#include "core/ports/order_store.h"
#include "service/rpc/unary_call.h"
#include "service/rpc/watch_hub.h"

namespace certbroker::rpc {

class OrderService final : public v1::OrderService::CallbackService {
 public:
  // Everything must outlive the server that the service is registered with.
  OrderService(CallDeps deps, OrderStore& orders, WatchHub& hub)
      : deps_(deps), orders_(orders), hub_(hub) {}

  grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context,
                                     const v1::GetOrderRequest* request,
                                     v1::Order* response) override;
  grpc::ServerUnaryReactor* ListOrders(grpc::CallbackServerContext* context,
                                       const v1::ListOrdersRequest* request,
                                       v1::ListOrdersResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchOrderResponse>* WatchOrder(
      grpc::CallbackServerContext* context, const v1::WatchOrderRequest* request) override;
  grpc::ServerUnaryReactor* CancelOrder(grpc::CallbackServerContext* context,
                                        const v1::CancelOrderRequest* request,
                                        v1::Order* response) override;

 private:
  const CallDeps deps_;
  OrderStore& orders_;
  WatchHub& hub_;
};

}  // namespace certbroker::rpc
