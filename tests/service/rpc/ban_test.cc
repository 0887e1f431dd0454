// What a ban, a taint and a revocation do to streams that are open.
#include "tests/service/rpc/enrolment_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::HasSubstr;

// A session that has said hello.
class OpenSession {
 public:
  explicit OpenSession(TestClient client)
      : client_(std::move(client)), stream_(client_.agents().Session(&call_)) {
    v1::AgentMessage hello;
    hello.mutable_hello()->set_agent_version("0.1.0");
    stream_->Write(hello);
    EXPECT_EQ(Next(), v1::BrokerMessage::kWelcome);
  }
  // BODY_NOT_SET: the stream has ended.
  v1::BrokerMessage::BodyCase Next() {
    v1::BrokerMessage message;
    return stream_->Read(&message) ? message.body_case() : v1::BrokerMessage::BODY_NOT_SET;
  }
  grpc::Status End() {
    while (Next() != v1::BrokerMessage::BODY_NOT_SET) {
    }
    return stream_->Finish();
  }
  // By the agent.
  grpc::Status Close() {
    stream_->WritesDone();
    return End();
  }

 private:
  Call call_;  // its deadline is what bounds the waiting
  TestClient client_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::BrokerMessage>> stream_;
};

// A watch that has sent the present state.
class OpenWatch {
 public:
  OpenWatch(TestClient client, const std::string& order) : client_(std::move(client)) {
    v1::WatchOrderRequest request;
    request.set_name(order);
    stream_ = client_.orders().WatchOrder(&call_, request);
    v1::WatchOrderResponse response;
    EXPECT_TRUE(stream_->Read(&response));
  }
  grpc::Status End() {
    v1::WatchOrderResponse response;
    while (stream_->Read(&response)) {
    }
    return stream_->Finish();
  }

 private:
  Call call_;
  TestClient client_;
  std::unique_ptr<grpc::ClientReader<v1::WatchOrderResponse>> stream_;
};

class BanTest : public EnrolmentTest {
 protected:
  std::string OrderOf(const Host& host) {
    const auto order = ClientOf(host).Issue(IssueRequest());
    EXPECT_THAT(order.status, IsAnswered());
    return order.value.name();
  }
};

TEST_F(BanTest, OpenStreamsEndAtOnceAndSayWhy) {
  const Host host = Join();
  OpenSession session(ClientOf(host));
  OpenWatch watch(ClientOf(host), OrderOf(host));

  ASSERT_THAT(Ban("web-01", "stolen").status, IsAnswered());

  for (const grpc::Status& end : {session.End(), watch.End()}) {
    EXPECT_THAT(end, IsRefusal(Reason::kAgentBanned));
    EXPECT_THAT(end.error_message(), HasSubstr("stolen"));
  }
}

TEST_F(BanTest, OtherAgentsStreamsStay) {
  const Host other = Join("web-02");
  OpenSession session(ClientOf(other));

  ASSERT_THAT(Ban("web-01", "").status, IsAnswered());

  EXPECT_THAT(session.Close(), IsAnswered());
}

TEST_F(BanTest, StreamsOfAnAgentOfTheOperatorsCaEndToo) {
  OpenSession session(Agent());

  ASSERT_THAT(Ban(kWeb01, "").status, IsAnswered());

  EXPECT_THAT(session.End(), IsRefusal(Reason::kAgentBanned));
}

// As of another replica: only the database is changed here.
TEST_F(BanTest, ABanByAnotherReplicaEndsThemToo) {
  const Host host = Join();
  OpenSession session(ClientOf(host));

  Must(agents().SetState(AgentId(kWeb01), AgentState::kBanned, "elsewhere"));

  const grpc::Status end = session.End();
  EXPECT_THAT(end, IsRefusal(Reason::kAgentBanned));
  EXPECT_THAT(end.error_message(), HasSubstr("elsewhere"));
}

TEST_F(BanTest, OrdersOfABannedAgentGoOn) {
  const Host host = Join();
  const std::string order = OrderOf(host);

  ASSERT_THAT(Ban("web-01", "").status, IsAnswered());

  EXPECT_EQ(Operator().GetOrder(order).value.state(), v1::ORDER_STATE_QUEUED);
}

TEST_F(BanTest, StreamsOfADeletedAgentEnd) {
  const Host host = Join();
  OpenSession session(ClientOf(host));

  ASSERT_THAT(Delete("web-01"), IsAnswered());

  EXPECT_THAT(session.End(), IsRefusal(Reason::kAgentNotEnrolled));
}

TEST_F(BanTest, AStreamOfAnOldIdentityEndsWhenTheNewOneIsUsed) {
  const Host old = Join();
  OpenSession session(ClientOf(old));
  const Host fresh = Renewed(old);

  Use(fresh);

  EXPECT_THAT(session.End(), IsRefusal(Reason::kIdentitySuperseded));
}

TEST_F(BanTest, ATaintedCaHasConnectedAgentsReplaceWhatItSigned) {
  const Host host = Join();
  OpenSession session(ClientOf(host));
  ActivateSecondCa();
  OpenSession of_the_new_one(ClientOf(Join("web-02")));

  ASSERT_THAT(TaintFirstCa().status, IsAnswered());

  EXPECT_EQ(session.Next(), v1::BrokerMessage::kReplaceIdentity);
  EXPECT_EQ(OpenSession(ClientOf(host)).Next(), v1::BrokerMessage::kReplaceIdentity);
  EXPECT_THAT(of_the_new_one.Close(), IsAnswered());
}

TEST_F(BanTest, ARevokedCaEndsTheStreamsOfWhatItSigned) {
  const Host host = Join();
  OpenSession session(ClientOf(host));
  OpenSession of_the_operators_ca(Agent(kWeb02));
  ActivateSecondCa();

  ASSERT_THAT(RevokeFirstCa().status, IsAnswered());

  EXPECT_THAT(session.End(), IsRefusal(Reason::kIdentityInvalid));
  EXPECT_THAT(of_the_operators_ca.Close(), IsAnswered());
}

}  // namespace
}  // namespace certbroker::rpc
