#include "cli/orders_command.h"

#include <limits>

#include "certbroker/v1/order.grpc.pb.h"
#include "cli/order_text.h"
#include "cli/resource_name.h"
#include "core/ids.h"

namespace certbroker::cli {
namespace {

using OrderStub = v1::OrderService::StubInterface;

}  // namespace

OrdersCommand::OrdersCommand(CLI::App& app)
    : command_(app.add_subcommand("orders", "Attempts to get a certificate")),
      list_command_(command_->add_subcommand("list", "Orders, newest first")),
      show_command_(command_->add_subcommand("show", "One order with its history")),
      cancel_command_(command_->add_subcommand(
          "cancel", "End an order from which nothing can have been issued yet")) {
  command_->require_subcommand(1);
  list_command_->add_flag("--unfinished", unfinished_, "Only orders that are not final");
  list_command_->add_option("--certificate", certificate_, "Only orders for this certificate");
  list_command_->add_option("--limit", limit_, "How many at most")
      ->check(CLI::Range(1, std::numeric_limits<int>::max()))
      ->capture_default_str();
  for (CLI::App* one : {show_command_, cancel_command_}) {
    one->add_option("order", order_, "Its name or id")->required();
  }
}

int OrdersCommand::Run(const ServiceLink& link) const {
  if (list_command_->parsed()) return List(link);
  return cancel_command_->parsed() ? Cancel(link) : ShowOne(link);
}

int OrdersCommand::List(const ServiceLink& link) const {
  const auto stub = v1::OrderService::NewStub(link.channel);
  v1::ListOrdersRequest request;
  request.set_certificate(WithCollection(kCertificates, certificate_));
  request.set_unfinished_only(unfinished_);
  const auto list = CollectPages<v1::ListOrdersResponse>(
      request, limit_,
      [&](const auto& page) {
        return link.calls.Unary<OrderStub>(*stub, &OrderStub::ListOrders, page);
      },
      [](v1::ListOrdersResponse& page) { return page.mutable_orders(); });
  if (!list) return link.Fail(list.error());
  return link.Show(*list, [&](const v1::ListOrdersResponse& shown) {
    return OrdersText(shown, link.clock.Now());
  });
}

int OrdersCommand::ShowOne(const ServiceLink& link) const {
  const auto stub = v1::OrderService::NewStub(link.channel);
  v1::GetOrderRequest request;
  request.set_name(WithCollection(kOrders, order_));
  const auto order = link.calls.Unary<OrderStub>(*stub, &OrderStub::GetOrder, request);
  if (!order) return link.Fail(order.error());
  return link.Show(*order,
                   [&](const v1::Order& shown) { return OrderText(shown, link.clock.Now()); });
}

int OrdersCommand::Cancel(const ServiceLink& link) const {
  const auto stub = v1::OrderService::NewStub(link.channel);
  v1::CancelOrderRequest request;
  request.set_name(WithCollection(kOrders, order_));
  request.set_request_id(Uuid::V7(link.clock.Now(), link.random).ToString());
  const auto order = link.calls.Unary<OrderStub>(*stub, &OrderStub::CancelOrder, request);
  if (!order) return link.Fail(order.error());
  return link.Show(*order,
                   [&](const v1::Order& shown) { return OrderText(shown, link.clock.Now()); });
}

}  // namespace certbroker::cli
