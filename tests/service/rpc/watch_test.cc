// WatchOrder and WatchCertificate: the present state, every change, and an end.
#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

// A watch of one order.
class OrderWatch {
 public:
  OrderWatch(TestClient& client, OrderId id) {
    v1::WatchOrderRequest request;
    request.set_name("orders/" + id.ToString());
    stream_ = client.orders().WatchOrder(&call_, request);
  }
  // The next that comes; unspecified: the stream has ended.
  v1::OrderState Next() {
    v1::WatchOrderResponse response;
    return stream_->Read(&response) ? response.order().state() : v1::ORDER_STATE_UNSPECIFIED;
  }
  void Cancel() { call_.TryCancel(); }
  grpc::Status Finish() { return stream_->Finish(); }

 private:
  Call call_;
  std::unique_ptr<grpc::ClientReader<v1::WatchOrderResponse>> stream_;
};

class WatchTest : public RpcTest {
 protected:
  void MoveTo(OrderState state) {
    Order order = LeaseOne().order;
    order.state = state;
    Must(Commit(order, 0ms));
  }
};

TEST_F(WatchTest, SendsThePresentStateAndEachChangeUntilTheOrderIsFinal) {
  const Order order = Issue();
  TestClient agent = Agent();
  OrderWatch watch(agent, order.id);

  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_QUEUED);
  MoveTo(OrderState::kPlaced);
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_PLACED);
  MoveTo(OrderState::kReady);
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_READY);
  FinishDueOrder();
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_ISSUED);
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_UNSPECIFIED);
  EXPECT_THAT(watch.Finish(), IsAnswered());
}

TEST_F(WatchTest, AFinalOrderIsSentOnce) {
  const Order order = IssueCompletely();
  TestClient agent = Agent();
  OrderWatch watch(agent, order.id);

  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_ISSUED);
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_UNSPECIFIED);
  EXPECT_THAT(watch.Finish(), IsAnswered());
}

TEST_F(WatchTest, WhatDidNotChangeIsNotSentAgain) {
  const Order order = Issue();
  TestClient agent = Agent();
  OrderWatch watch(agent, order.id);
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_QUEUED);

  for (int i = 0; i < 20; ++i) harness().BreakFeed();  // each has everybody look
  Must(orders().Cancel(order.id, std::nullopt, NewRequest()));

  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_CANCELLED);
}

TEST_F(WatchTest, EndsWhenTheClientCancels) {
  const Order order = Issue();
  TestClient agent = Agent();
  OrderWatch watch(agent, order.id);
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_QUEUED);

  watch.Cancel();

  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_UNSPECIFIED);
  EXPECT_EQ(watch.Finish().error_code(), grpc::StatusCode::CANCELLED);
  FinishDueOrder();  // nobody is told any more
  EXPECT_THAT(agent.GetOrder("orders/" + order.id.ToString()).status, IsAnswered());
}

TEST_F(WatchTest, ManyMayWatchOneOrder) {
  constexpr int kWatches = 100;
  const Order order = Issue();
  TestClient agent = Agent();
  TestClient one = Operator();
  std::vector<std::unique_ptr<OrderWatch>> watches;
  for (int i = 0; i < kWatches; ++i) {
    watches.push_back(std::make_unique<OrderWatch>(i % 2 == 0 ? agent : one, order.id));
  }
  for (auto& watch : watches) EXPECT_EQ(watch->Next(), v1::ORDER_STATE_QUEUED);

  FinishDueOrder();

  for (auto& watch : watches) {
    EXPECT_EQ(watch->Next(), v1::ORDER_STATE_ISSUED);
    EXPECT_EQ(watch->Next(), v1::ORDER_STATE_UNSPECIFIED);
    EXPECT_THAT(watch->Finish(), IsAnswered());
  }
}

TEST_F(WatchTest, AFailingDatabaseEndsTheWatch) {
  const Order order = Issue();
  TestClient agent = Agent();
  OrderWatch watch(agent, order.id);
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_QUEUED);
  database().FailNext(Error(Reason::kDatabaseUnavailable, "away"));

  harness().BreakFeed();

  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_UNSPECIFIED);
  EXPECT_THAT(watch.Finish(), IsRefusal(Reason::kDatabaseUnavailable));
}

TEST_F(WatchTest, ACertificateIsWatchedUntilTheCallerEndsIt) {
  const Order order = Issue();
  TestClient agent = Agent();
  Call call;
  v1::WatchCertificateRequest request;
  request.set_name("certificates/" + order.certificate.ToString());
  const auto stream = agent.certificates().WatchCertificate(&call, request);
  v1::WatchCertificateResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.certificate().state(), v1::Certificate::PENDING);

  FinishDueOrder();
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.certificate().state(), v1::Certificate::ACTIVE);
  EXPECT_EQ(response.certificate().current().chain_pem(), VersionFor(order).chain_pem);

  v1::RevokeCertificateRequest revoke;
  revoke.set_request_id(NewRequestId());
  revoke.set_name(request.name());
  revoke.set_reason_code(0);
  ASSERT_THAT(agent.Revoke(revoke).status, IsAnswered());
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.certificate().current().revocation().state(),
            v1::Revocation::REVOKE_REQUESTED);

  call.TryCancel();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

}  // namespace
}  // namespace certbroker::rpc
