// The listeners themselves: start, limits, health, reflection, and an end that waits for nobody.
#include <sys/stat.h>

#include <condition_variable>
#include <fstream>
#include <future>
#include <mutex>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::HasSubstr;

// A board whose readers wait until they are let go.
class SlowBoard final : public ChallengeBoard {
 public:
  Result<std::vector<ChallengeTask>> TasksFor(const AgentId& /*agent*/) override {
    std::unique_lock lock(mutex_);
    waiting_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return let_go_; });
    return std::vector<ChallengeTask>();
  }
  Result<void> Report(const AgentId&, OrderId, const std::string&, ChallengeOutcome,
                      const std::string&) override {
    return {};
  }
  void AwaitReader() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_; });
  }
  void LetGo() {
    const std::lock_guard lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool waiting_ = false;
  bool let_go_ = false;
};

class LifetimeTest : public RpcTest {
 protected:
  // A unary call as octets; the answer's octets, or the status code as text.
  static std::string AskRaw(const TestClient& client, const std::string& method,
                            const std::string& octets) {
    grpc::GenericStub stub(client.channel());
    grpc::CompletionQueue queue;
    Call call;
    const grpc::Slice slice(octets);
    const auto reader = stub.PrepareUnaryCall(&call, method, grpc::ByteBuffer(&slice, 1), &queue);
    reader->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    reader->Finish(&answer, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status.ok() ? TextOf(answer) : std::to_string(status.error_code());
  }
  static std::string TextOf(const grpc::ByteBuffer& octets) {
    std::vector<grpc::Slice> slices;
    std::string text;
    if (!octets.Valid() || !octets.Dump(&slices).ok()) return text;
    for (const grpc::Slice& slice : slices) {
      text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    return text;
  }
  static std::chrono::milliseconds Taken(const std::function<void()>& what) {
    const auto begin = std::chrono::steady_clock::now();
    what();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin);
  }
};

TEST_F(LifetimeTest, TheOperatorsSocketIsForItsOwnerOnly) {
  struct stat facts = {};
  ASSERT_EQ(::stat(operator_socket().c_str(), &facts), 0);
  EXPECT_TRUE(S_ISSOCK(facts.st_mode));
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
}

TEST_F(LifetimeTest, AFileInTheSocketsPlaceIsNotRemoved) {
  ListenerOptions options = Listeners();
  options.operator_socket += ".txt";
  std::ofstream(options.operator_socket) << "mine";

  EXPECT_THAT(Server::Start(options, Deps()),
              IsError(Reason::kConfigInvalid, HasSubstr("operators.socket")));
  EXPECT_EQ(std::ifstream(options.operator_socket).get(), 'm');
}

TEST_F(LifetimeTest, WhatCannotBeServedIsAnError) {
  ListenerOptions taken = Listeners();
  taken.agents_address = agents_address();
  taken.operator_socket += "2";
  EXPECT_THAT(Server::Start(taken, Deps()),
              IsError(Reason::kConfigInvalid, HasSubstr(agents_address())));

  ListenerOptions too_long = Listeners();
  too_long.operator_socket += std::string(120, 'x');
  EXPECT_THAT(Server::Start(too_long, Deps()), IsError(Reason::kConfigInvalid));
}

TEST_F(LifetimeTest, AnOversizedMessageIsRefused) {
  auto request = IssueRequest();
  request.set_csr_der(std::string(65'536, 'x'));
  EXPECT_EQ(Agent().Issue(request).status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(OrderCount(), 0U);
}

TEST_F(LifetimeTest, MoreRequestsThanItTakesOnAreToldToComeBack) {
  Executor full({.name = "full", .threads = 0, .queue_limit = 0});
  StartServer(Listeners(), DepsWith(full));

  const auto answer = Agent().List(v1::ListOrdersRequest());

  EXPECT_THAT(answer.status, IsRefusal(Reason::kOverloaded));
  EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(answer.status)->retry_delay().seconds(), 1);
  DestroyServer();
}

TEST_F(LifetimeTest, HealthIsAnswered) {
  const std::string check = "/grpc.health.v1.Health/Check";
  for (const TestClient& client : {Agent(), Operator()}) {
    EXPECT_EQ(AskRaw(client, check, ""), "\x08\x01");  // SERVING
    server().SetServing(false);
    EXPECT_EQ(AskRaw(client, check, ""), "\x08\x02");  // NOT_SERVING
    server().SetServing(true);
  }
}

TEST_F(LifetimeTest, ReflectionTellsOperatorsOfEveryService) {
  grpc::GenericStub stub(Operator().channel());
  grpc::CompletionQueue queue;
  Call call;
  const auto stream = stub.PrepareCall(
      &call, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  const auto done = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  stream->StartCall(nullptr);
  ASSERT_TRUE(done());
  const grpc::Slice list_services(std::string("\x3a\x01*"));
  stream->Write(grpc::ByteBuffer(&list_services, 1), nullptr);
  ASSERT_TRUE(done());
  grpc::ByteBuffer answer;
  stream->Read(&answer, nullptr);
  ASSERT_TRUE(done());

  for (const char* service : {"certbroker.v1.OrderService", "certbroker.v1.CertificateService",
                              "certbroker.v1.AccountService", "grpc.health.v1.Health"}) {
    EXPECT_THAT(TextOf(answer), HasSubstr(service));
  }
  call.TryCancel();
}

TEST_F(LifetimeTest, StopEndsOpenStreamsPromptly) {
  const Order order = Issue();
  TestClient agent = Agent();
  Call watch_call;
  v1::WatchOrderRequest request;
  request.set_name("orders/" + order.id.ToString());
  const auto watch = agent.orders().WatchOrder(&watch_call, request);
  v1::WatchOrderResponse response;
  ASSERT_TRUE(watch->Read(&response));
  Call session_call;
  const auto session = agent.agents().Session(&session_call);
  v1::AgentMessage hello;
  hello.mutable_hello();
  session->Write(hello);
  v1::BrokerMessage welcome;
  ASSERT_TRUE(session->Read(&welcome));

  // Streams that nobody ends are not what the grace is for.
  EXPECT_LT(Taken([this] { server().Stop(std::chrono::seconds{8}); }), std::chrono::seconds{4});

  EXPECT_FALSE(watch->Read(&response));
  EXPECT_THAT(watch->Finish(), IsRefusal(Reason::kShuttingDown));
  EXPECT_FALSE(session->Read(&welcome));
  EXPECT_THAT(session->Finish(), IsRefusal(Reason::kShuttingDown));
  EXPECT_EQ(agent.GetOrder("orders/x").status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(LifetimeTest, StopLetsACallUnderWayEnd) {
  server().Stop(std::chrono::seconds{1});
  server().Stop(std::chrono::seconds{1});  // idempotent
  EXPECT_EQ(Agent().GetOrder("orders/x").status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

// A task that is still reading when the server goes must not find it gone.
TEST_F(LifetimeTest, TheServersEndWaitsForReadersOfTheBoard) {
  SlowBoard board;
  StartServer(Listeners(), DepsWith(board));
  TestClient agent = Agent();
  Call call;
  const auto session = agent.agents().Session(&call);
  v1::AgentMessage hello;
  hello.mutable_hello();
  session->Write(hello);
  board.AwaitReader();

  auto gone = std::async(std::launch::async, [this] {
    server().Stop(std::chrono::milliseconds{0});
    DestroyServer();
  });
  EXPECT_EQ(gone.wait_for(std::chrono::milliseconds{300}), std::future_status::timeout);
  board.LetGo();

  EXPECT_EQ(gone.wait_for(std::chrono::seconds{5}), std::future_status::ready);
}

}  // namespace
}  // namespace certbroker::rpc
