#include "service/rpc/status.h"

#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(StatusTest, EveryReasonIsInItsErrorInfo) {
  for (const ReasonTraits& traits : AllReasons()) {
    const grpc::Status status = ToStatus(Error(traits.reason, "why"));

    EXPECT_EQ(status.error_message(), "why");
    EXPECT_NE(status.error_code(), grpc::StatusCode::OK);
    EXPECT_THAT(status, IsRefusal(traits.reason));
  }
}

// Written down from google/rpc/status.proto and error_details.proto, not from our copy of them:
// code, message, and one Any in details.
TEST(StatusTest, TheWireFormIsGoogles) {
  const std::string type = "type.googleapis.com/google.rpc.ErrorInfo";
  const std::string info = std::string("\x0a\x09NOT_FOUND\x12\x0a", 13) + "certbroker";
  const std::string any = std::string("\x0a") + static_cast<char>(type.size()) + type + "\x12" +
                          static_cast<char>(info.size()) + info;
  const std::string expected =
      std::string("\x08\x05\x12\x03why\x1a") + static_cast<char>(any.size()) + any;

  EXPECT_EQ(ToStatus(Error(Reason::kNotFound, "why")).error_details(), expected);
}

TEST(StatusTest, ViolationsOfARequestAreBadRequest) {
  const grpc::Status status = ToStatus(
      Error(Reason::kNameInvalid, "why").With({"names[2]", Reason::kNameInvalid, "underscore"}));

  const auto bad = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_TRUE(bad.has_value());
  ASSERT_THAT(bad->field_violations(), SizeIs(1));
  EXPECT_EQ(bad->field_violations(0).field(), "names[2]");
  EXPECT_EQ(bad->field_violations(0).description(), "underscore");
  EXPECT_EQ(bad->field_violations(0).reason(), "NAME_INVALID");
  EXPECT_FALSE(DetailOf<google::rpc::PreconditionFailure>(status).has_value());
}

TEST(StatusTest, OtherViolationsArePreconditionFailures) {
  const grpc::Status status =
      ToStatus(Error(Reason::kNameNotAuthorized, "why")
                   .With({"a.example.org", Reason::kNameNotAuthorized, "no rule"}));

  const auto failure = DetailOf<google::rpc::PreconditionFailure>(status);
  ASSERT_TRUE(failure.has_value());
  ASSERT_THAT(failure->violations(), SizeIs(1));
  EXPECT_EQ(failure->violations(0).type(), "NAME_NOT_AUTHORIZED");
  EXPECT_EQ(failure->violations(0).subject(), "a.example.org");
  EXPECT_FALSE(DetailOf<google::rpc::BadRequest>(status).has_value());
}

TEST(StatusTest, WhenToComeBackIsRetryInfo) {
  const grpc::Status status =
      ToStatus(Error(Reason::kOverloaded, "why").RetryAfter(std::chrono::seconds{7}));

  const auto retry = DetailOf<google::rpc::RetryInfo>(status);
  ASSERT_TRUE(retry.has_value());
  EXPECT_EQ(retry->retry_delay().seconds(), 7);
  EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(ToStatus(Error(Reason::kInternal, "x"))));
}

class StatusOnTheWireTest : public RpcTest {};

TEST_F(StatusOnTheWireTest, DetailsArriveWithEveryKindOfCall) {
  TestClient agent = Agent();
  for (const grpc::Status& status :
       {agent.GetOrder("x").status, agent.WatchOrder("x"), agent.Cancel("x", NewRequestId()).status,
        agent.GetCertificate("x").status, agent.WatchCertificate("x")}) {
    EXPECT_THAT(status, IsRefusal(Reason::kInvalidArgument));
    EXPECT_THAT(FieldsOf(status), ElementsAre("name"));
  }
}

TEST_F(StatusOnTheWireTest, AFailingDatabaseIsTold) {
  TestClient agent = Agent();
  database().FailNext(
      Error(Reason::kDatabaseUnavailable, "away").RetryAfter(std::chrono::seconds{3}));

  const auto answer = agent.List(v1::ListOrdersRequest());

  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(answer.status, IsRefusal(Reason::kDatabaseUnavailable));
  EXPECT_EQ(DetailOf<google::rpc::RetryInfo>(answer.status)->retry_delay().seconds(), 3);
}

// gRPC clients take 8 KiB of metadata; an answer that is longer would arrive as another error.
TEST_F(StatusOnTheWireTest, AHundredBadNamesStillArrive) {
  auto request = IssueRequest();
  request.clear_identifiers();
  for (int i = 0; i < 100; ++i) {
    request.add_identifiers("_" + std::string(60, 'x') + std::to_string(i) + "." +
                            std::string(60, 'y') + ".example.org");
  }

  const auto answer = Agent().Issue(request);

  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.status, IsRefusal(Reason::kNameInvalid));
  EXPECT_GE(FieldsOf(answer.status).size(), 3U);
}

TEST_F(StatusOnTheWireTest, ALongMessageOfStrangeCharactersStillArrives) {
  const std::string odd = "spiffe://example.org/" + std::string(1900, 'a');
  const auto answer = Agent(odd).Issue(IssueRequest());

  EXPECT_THAT(answer.status, IsRefusal(Reason::kNameNotAuthorized));
  database().FailNext(Error(Reason::kInternal, Printable(std::string(4000, '\xff'), 4096)));
  EXPECT_THAT(Agent().List(v1::ListOrdersRequest()).status, IsRefusal(Reason::kInternal));
}

}  // namespace
}  // namespace certbroker::rpc
