// WatchOrder and WatchCertificate: the present state, every change, and an end.
#include <future>
#include <utility>

#include "service/rpc/watch_hub.h"
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

// A feed that loses every hint, but one can say so.
class LossyFeed final : public ChangeFeed {
 public:
  explicit LossyFeed(ChangeFeed& feed) : feed_(feed) {}
  std::unique_ptr<Subscription> Subscribe(Channel channel, Listener listener) override {
    return feed_.Subscribe(channel, [listener = std::move(listener)](const std::string& payload) {
      if (payload.empty()) listener(payload);
    });
  }

 private:
  ChangeFeed& feed_;
};

// An executor of one thread that a test can keep busy.
class BusyExecutor {
 public:
  explicit BusyExecutor(std::size_t queue_limit)
      : executor_({.name = "busy", .threads = 1, .queue_limit = queue_limit}) {}
  ~BusyExecutor() { Free(); }
  void Occupy() {
    std::promise<void> begun;
    executor_.Post([&begun, until = free_.get_future().share()] {
      begun.set_value();
      until.wait();
    });
    begun.get_future().wait();
    occupied_ = true;
  }
  void Free() {
    if (std::exchange(occupied_, false)) free_.set_value();
  }
  Executor& executor() { return executor_; }

 private:
  std::promise<void> free_;
  bool occupied_ = false;
  Executor executor_;
};

class WatchTest : public RpcTest {
 protected:
  void MoveTo(OrderState state) {
    Order order = LeaseOne().order;
    order.state = state;
    Must(Commit(order, 0ms));
  }
  void HintAt(OrderId id) { database().feed().Deliver({{Channel::kOrder, id.ToString()}}); }
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

  for (int i = 0; i < 20; ++i) HintAt(order.id);
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
  watches.reserve(kWatches);
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

TEST_F(WatchTest, AChangeWhoseHintWasLostIsToldAllTheSame) {
  LossyFeed feed(this->feed());
  StartServer(Listeners(), DepsWith(feed));
  const Order order = Issue();
  TestClient one = Operator();
  OrderWatch watch(one, order.id);
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_QUEUED);

  MoveTo(OrderState::kPlaced);
  harness().Advance(2 * WatchHub::kRemindAfter);

  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_PLACED);
  DestroyServer();  // before its feed
}

TEST_F(WatchTest, AfterTheFeedWasAwayEveryWatchLooks) {
  LossyFeed feed(this->feed());
  StartServer(Listeners(), DepsWith(feed));
  const Order order = Issue();
  TestClient one = Operator();
  OrderWatch watch(one, order.id);
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_QUEUED);

  MoveTo(OrderState::kPlaced);
  harness().BreakFeed();
  harness().Advance(WatchHub::kLookAtAllWithin);

  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_PLACED);
  DestroyServer();  // before its feed
}

TEST_F(WatchTest, ManyWatchesLeaveHalfOfTheQueueToOtherCalls) {
  constexpr std::size_t kQueue = 32;
  BusyExecutor busy(kQueue);
  StartServer(Listeners(), DepsWith(busy.executor()));
  const Order order = Issue();
  TestClient one = Operator();
  std::vector<std::unique_ptr<OrderWatch>> watches;
  for (std::size_t i = 0; i < 2 * kQueue; ++i) {
    watches.push_back(std::make_unique<OrderWatch>(one, order.id));
    EXPECT_EQ(watches.back()->Next(), v1::ORDER_STATE_QUEUED);
  }

  busy.Occupy();
  MoveTo(OrderState::kPlaced);  // every watch has a reason to look
  std::size_t left = 0;
  while (busy.executor().TryPost([] {})) ++left;
  // Not quite half: a watch whose last answer is on its way may go on at once.
  EXPECT_GE(left, kQueue / 4);

  OrderWatch late(one, order.id);
  EXPECT_EQ(late.Next(), v1::ORDER_STATE_UNSPECIFIED);
  EXPECT_THAT(late.Finish(), IsRefusal(Reason::kOverloaded));
  busy.Free();
  for (auto& watch : watches) EXPECT_EQ(watch->Next(), v1::ORDER_STATE_PLACED);
  watches.clear();
  DestroyServer();  // before its executor
}

TEST_F(WatchTest, AFailingDatabaseEndsTheWatch) {
  const Order order = Issue();
  TestClient agent = Agent();
  OrderWatch watch(agent, order.id);
  EXPECT_EQ(watch.Next(), v1::ORDER_STATE_QUEUED);
  database().FailNext(Error(Reason::kDatabaseUnavailable, "away"));

  HintAt(order.id);

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
