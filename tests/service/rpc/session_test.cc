// AgentService.Session: which session gets which challenge, and what its reports do.
#include <future>
#include <thread>

#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::ElementsAre;
using Outcome = v1::ChallengeReport;

// One session of an agent; each has a connection of its own, as those of agent processes do.
class TestSession {
 public:
  explicit TestSession(TestClient client)
      : client_(std::move(client)), stream_(client_.agents().Session(&call_)) {}

  // Says hello and takes the welcome.
  void Greet(const std::vector<std::string>& names = {}) {
    v1::AgentMessage message;
    message.mutable_hello()->set_agent_version("0.1.0");
    for (const std::string& name : names) message.mutable_hello()->add_identifiers(name);
    Send(message);
    EXPECT_TRUE(Next().has_welcome());
  }
  void Send(const v1::AgentMessage& message) { stream_->Write(message); }
  void Report(OrderId order, const std::string& token, Outcome::Outcome outcome) {
    v1::AgentMessage message;
    message.mutable_challenge_report()->set_order("orders/" + order.ToString());
    message.mutable_challenge_report()->set_token(token);
    message.mutable_challenge_report()->set_outcome(outcome);
    Send(message);
  }
  // An empty one when the session has ended.
  v1::BrokerMessage Next() {
    v1::BrokerMessage message;
    return stream_->Read(&message) ? message : v1::BrokerMessage();
  }
  std::string NextToken() { return Next().present_challenge().token(); }
  void Break() {
    call_.TryCancel();
    while (Next().body_case() != v1::BrokerMessage::BODY_NOT_SET) {
    }
    Finish();
  }
  void HalfClose() { stream_->WritesDone(); }
  // After the messages that are still on their way.
  grpc::Status Finish() {
    v1::BrokerMessage message;
    while (stream_->Read(&message)) {
    }
    return stream_->Finish();
  }

 private:
  Call call_;
  TestClient client_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::BrokerMessage>> stream_;
};

// The board, with reports that wait until they are let go.
class SlowReports final : public ChallengeBoard {
 public:
  explicit SlowReports(ChallengeBoard& board) : board_(board) {}
  Result<std::vector<ChallengeTask>> TasksFor(const AgentId& agent) override {
    return board_.TasksFor(agent);
  }
  Result<void> Report(const AgentId& agent, OrderId order, const std::string& token,
                      ChallengeOutcome outcome, const std::string& detail) override {
    reported_.set_value();
    let_go_.get_future().wait();
    return board_.Report(agent, order, token, outcome, detail);
  }
  void AwaitReport() { reported_.get_future().wait(); }
  void LetGo() { let_go_.set_value(); }

 private:
  ChallengeBoard& board_;
  std::promise<void> reported_;
  std::promise<void> let_go_;
};

class SessionTest : public RpcTest {
 protected:
  std::unique_ptr<TestSession> Open(const std::string& agent = kWeb01) {
    return std::make_unique<TestSession>(Agent(agent));
  }
  std::unique_ptr<TestSession> Greeted(const std::vector<std::string>& names = {}) {
    auto session = Open();
    session->Greet(names);
    return session;
  }
  Presentation PresentationOf(OrderId order) {
    return Read(order).authorizations.at(0).presentation;
  }
  // Reports are handled in order: when an answer to the last has come, the ones before are done.
  void WaitFor(OrderId order, Presentation presentation) {
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (PresentationOf(order) != presentation && std::chrono::steady_clock::now() < limit) {
      std::this_thread::yield();
    }
    EXPECT_EQ(PresentationOf(order), presentation);
  }
};

TEST_F(SessionTest, IsWelcomedAndGetsWhatIsWanted) {
  const Order order = Present("tok");
  auto session = Greeted();

  const v1::BrokerMessage message = session->Next();

  EXPECT_EQ(message.present_challenge().order(), "orders/" + order.id.ToString());
  EXPECT_EQ(message.present_challenge().type(), "http-01");
  EXPECT_EQ(message.present_challenge().identifier(), "tok.example.org");
  EXPECT_EQ(message.present_challenge().token(), "tok");
  EXPECT_EQ(message.present_challenge().key_authorization(), "tok.thumbprint");
}

TEST_F(SessionTest, GetsWhatIsWantedLater) {
  auto session = Greeted();
  Present("tok");
  EXPECT_EQ(session->NextToken(), "tok");
}

TEST_F(SessionTest, HelloMustComeFirstAndOnce) {
  auto session = Open();
  session->Send({});
  const grpc::Status empty = session->Finish();
  EXPECT_THAT(empty, IsRefusal(Reason::kInvalidArgument));
  EXPECT_THAT(FieldsOf(empty), ElementsAre("hello"));

  const Order order = Present("tok");
  session = Open();
  session->Report(order.id, "tok", Outcome::SERVING);
  EXPECT_THAT(FieldsOf(session->Finish()), ElementsAre("hello"));
  EXPECT_EQ(PresentationOf(order.id), Presentation::kWanted);

  session = Greeted();
  v1::AgentMessage hello;
  hello.mutable_hello();
  session->Send(hello);
  EXPECT_THAT(session->Finish(), IsRefusal(Reason::kInvalidArgument));
}

TEST_F(SessionTest, ReportsAreRecordedAndWakeTheOrder) {
  const Order order = Present("tok");
  auto session = Greeted();
  EXPECT_EQ(session->NextToken(), "tok");

  session->Report(order.id, "tok", Outcome::SERVING);
  WaitFor(order.id, Presentation::kServing);
  EXPECT_EQ(LeaseOne().order.id, order.id);  // it was held for the agent

  Must(orders().Cancel(order.id, std::nullopt, NewRequest()));
  EXPECT_EQ(session->Next().remove_challenge().token(), "tok");
  session->Report(order.id, "tok", Outcome::REMOVED);
  WaitFor(order.id, Presentation::kRemoved);
}

TEST_F(SessionTest, AFailureIsRecordedWithItsReason) {
  const Order order = Present("tok");
  auto session = Greeted();
  v1::AgentMessage message;
  message.mutable_challenge_report()->set_order("orders/" + order.id.ToString());
  message.mutable_challenge_report()->set_token("tok");
  message.mutable_challenge_report()->set_outcome(Outcome::FAILED);
  message.mutable_challenge_report()->set_detail("port 80 is taken\x1b[31m");
  session->Send(message);

  WaitFor(order.id, Presentation::kFailed);
  EXPECT_EQ(Read(order.id).authorizations.at(0).presentation_error, "port 80 is taken?[31m");
}

TEST_F(SessionTest, AReportOfAForeignChallengeIsRefused) {
  const Order order = Present("tok");
  auto stranger = Open(kWeb02);
  stranger->Greet();

  stranger->Report(order.id, "tok", Outcome::SERVING);

  EXPECT_THAT(stranger->Finish(), IsRefusal(Reason::kInvalidArgument));
  EXPECT_EQ(PresentationOf(order.id), Presentation::kWanted);
}

TEST_F(SessionTest, AReportThatSaysNothingIsRefused) {
  const Order order = Present("tok");
  auto session = Greeted();
  session->Report(order.id, "tok", Outcome::OUTCOME_UNSPECIFIED);
  EXPECT_THAT(FieldsOf(session->Finish()), ElementsAre("challenge_report.outcome"));

  session = Greeted();
  v1::AgentMessage message;
  message.mutable_challenge_report()->set_order("x");
  message.mutable_challenge_report()->set_outcome(Outcome::HIT);
  session->Send(message);
  EXPECT_THAT(FieldsOf(session->Finish()), ElementsAre("challenge_report.order"));
}

TEST_F(SessionTest, TheNewestSessionGetsTheChallenge) {
  auto older = Greeted();
  auto newer = Greeted();
  const Order first = Present("first");
  EXPECT_EQ(newer->NextToken(), "first");
  newer->Report(first.id, "first", Outcome::SERVING);
  WaitFor(first.id, Presentation::kServing);
  LeaseOne();  // out of the way

  newer->Break();
  Present("second");

  EXPECT_EQ(older->NextToken(), "second");  // and never "first"
}

TEST_F(SessionTest, ASessionGetsChallengesOfItsNamesOnly) {
  auto a = Greeted({"a.example.org"});
  auto b = Greeted({"b.example.org"});

  Present("a");
  EXPECT_EQ(a->NextToken(), "a");
  Present("b");
  EXPECT_EQ(b->NextToken(), "b");
}

// A name is a name, however the agent spells it.
TEST_F(SessionTest, NamesOfTheHelloAreNormalised) {
  auto session = Greeted({"TOK.Example.ORG."});
  Present("tok");
  EXPECT_EQ(session->NextToken(), "tok");
}

TEST_F(SessionTest, WhatABrokenSessionHadIsSentOnTheNext) {
  auto older = Greeted();
  auto newer = Greeted();
  Present("tok");
  EXPECT_EQ(newer->NextToken(), "tok");

  newer->Break();

  EXPECT_EQ(older->NextToken(), "tok");
}

// A report that is still being recorded does not keep its broken session in the running.
TEST_F(SessionTest, ABrokenSessionGetsNothingEvenWhileItsReportIsUnderWay) {
  SlowReports slow(board());
  StartServer(Listeners(), DepsWith(slow));
  auto older = Greeted();
  auto newer = Greeted();
  const Order order = Present("tok");
  EXPECT_EQ(newer->NextToken(), "tok");
  newer->Report(order.id, "tok", Outcome::HIT);
  slow.AwaitReport();

  newer->Break();

  EXPECT_EQ(older->NextToken(), "tok");
  slow.LetGo();
  older.reset();
  DestroyServer();
}

TEST_F(SessionTest, WhatABrokenSessionHadIsSentWhenTheAgentComesBack) {
  auto session = Greeted();
  Present("tok");
  EXPECT_EQ(session->NextToken(), "tok");
  session->Break();

  EXPECT_EQ(Greeted()->NextToken(), "tok");
}

TEST_F(SessionTest, EndsWhenTheAgentHasNothingMoreToSay) {
  auto session = Greeted();
  session->HalfClose();
  EXPECT_THAT(session->Finish(), IsAnswered());
}

TEST_F(SessionTest, AFailingDatabaseEndsTheSessionAndNothingIsLost) {
  const Order order = Present("tok");
  auto session = Greeted();
  EXPECT_EQ(session->NextToken(), "tok");
  database().FailNext(Error(Reason::kDatabaseUnavailable, "away"));
  session->Report(order.id, "tok", Outcome::SERVING);
  EXPECT_THAT(session->Finish(), IsRefusal(Reason::kDatabaseUnavailable));

  EXPECT_EQ(Greeted()->NextToken(), "tok");
}

TEST_F(SessionTest, OperatorsHaveNone) {
  TestSession session(Operator());
  EXPECT_EQ(session.Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace certbroker::rpc
