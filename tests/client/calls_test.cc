#include "client/calls.h"

#include <deque>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/duration.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/result_matchers.h"

namespace certbroker::client {
namespace {

using google::protobuf::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

// A stub whose one method takes a Duration and gives it back.
struct ScriptedStub {
  grpc::Status Echo(grpc::ClientContext* context, const Duration& request, Duration* response) {
    deadlines.push_back(context->deadline());
    *response = request;
    if (answers.empty()) return grpc::Status::OK;
    grpc::Status answer = answers.front();
    answers.pop_front();
    return answer;
  }
  std::deque<grpc::Status> answers;
  std::vector<std::chrono::system_clock::time_point> deadlines;
};

grpc::Status Answer(grpc::StatusCode code, const std::string& reason, int retry_seconds = 0) {
  google::rpc::Status status;
  status.set_code(code);
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("certbroker");
  status.add_details()->PackFrom(info);
  if (retry_seconds > 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(retry_seconds);
    status.add_details()->PackFrom(retry);
  }
  return {code, "", status.SerializeAsString()};
}

const grpc::Status kNoConnection(grpc::StatusCode::UNAVAILABLE, "Connection refused");

class CallsTest : public ::testing::Test {
 protected:
  Result<Duration> Call(CallLimits limits = {}) {
    const Calls calls({.clock = clock_,
                       .random = random_,
                       .stop = stop_.get_token(),
                       .wait =
                           [this](milliseconds pause) {
                             pauses_.push_back(pause);
                             clock_.Advance(pause);
                             return !stop_.stop_requested();
                           },
                       .why_unreachable = why_unreachable_},
                      limits);
    Duration request;
    request.set_seconds(7);
    return calls.Unary(stub_, &ScriptedStub::Echo, request);
  }

  FakeClock clock_;
  FakeRandom random_;
  std::stop_source stop_;
  ScriptedStub stub_;
  std::vector<milliseconds> pauses_;
  std::function<std::optional<Error>()> why_unreachable_;
};

TEST_F(CallsTest, GivesTheAnswer) {
  const auto answer = Call();

  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->seconds(), 7);
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(CallsTest, RepeatsWhatIsUnavailableWithGrowingPauses) {
  for (int i = 0; i < 3; ++i) {
    stub_.answers.push_back(Answer(grpc::StatusCode::UNAVAILABLE, "DATABASE_UNAVAILABLE"));
  }

  EXPECT_THAT(Call(), IsOk());

  EXPECT_THAT(pauses_, ElementsAre(AllOf(Ge(milliseconds{100}), Le(milliseconds{200})),
                                   AllOf(Ge(milliseconds{200}), Le(milliseconds{400})),
                                   AllOf(Ge(milliseconds{400}), Le(milliseconds{800}))));
}

TEST_F(CallsTest, RepeatsNothingElse) {
  for (const auto& [code, reason] : std::vector<std::pair<grpc::StatusCode, std::string>>{
           {grpc::StatusCode::INVALID_ARGUMENT, "NAME_INVALID"},
           {grpc::StatusCode::PERMISSION_DENIED, "NAME_NOT_AUTHORIZED"},
           {grpc::StatusCode::FAILED_PRECONDITION, "ORDER_IN_PROGRESS"},
           {grpc::StatusCode::ABORTED, "LEASE_LOST"},
           {grpc::StatusCode::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"},
           {grpc::StatusCode::INTERNAL, "INTERNAL"}}) {
    stub_ = {};
    stub_.answers.push_back(Answer(code, reason));

    EXPECT_THAT(Call(), IsError(*ReasonFromName(reason)));
    EXPECT_THAT(stub_.deadlines, SizeIs(1)) << reason;
  }
}

TEST_F(CallsTest, EndsAtOnceWhenItIsKnownWhyNobodyIsReached) {
  why_unreachable_ = [] { return Error(Reason::kClockSkew, "the clock is behind"); };
  stub_.answers.push_back(kNoConnection);

  EXPECT_THAT(Call(), IsError(Reason::kClockSkew));
  EXPECT_THAT(stub_.deadlines, SizeIs(1));
}

TEST_F(CallsTest, AsksOnlyOnceWhyNobodyIsReachedAndGoesOnWhenThatIsUnknown) {
  int asked = 0;
  why_unreachable_ = [&]() -> std::optional<Error> {
    ++asked;
    return std::nullopt;
  };
  stub_.answers = {kNoConnection, kNoConnection};

  EXPECT_THAT(Call(), IsOk());
  EXPECT_EQ(asked, 1);
}

TEST_F(CallsTest, DoesNotAskWhyTheServiceAnswersUnavailable) {
  why_unreachable_ = [] { return Error(Reason::kInternal, "nobody asked"); };
  stub_.answers.push_back(Answer(grpc::StatusCode::UNAVAILABLE, "DATABASE_UNAVAILABLE"));

  EXPECT_THAT(Call(), IsOk());
}

TEST_F(CallsTest, ComesBackWhenItWasToldTo) {
  stub_.answers.push_back(Answer(grpc::StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED", 12));

  EXPECT_THAT(Call(), IsOk());

  EXPECT_THAT(pauses_, ElementsAre(seconds{12}));
}

TEST_F(CallsTest, DoesNotWaitForWhatTheDeadlineCuts) {
  stub_.answers.push_back(Answer(grpc::StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED", 3600));

  EXPECT_THAT(Call(), IsError(Reason::kOverloaded));

  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(CallsTest, HopesForAServiceOnlyForAWhile) {
  for (int i = 0; i < 100; ++i) stub_.answers.push_back(kNoConnection);

  EXPECT_THAT(Call({.deadline = seconds{600}, .unreachable = seconds{10}}),
              IsError(Reason::kServiceUnreachable));

  milliseconds waited{0};
  for (const milliseconds pause : pauses_) waited += pause;
  EXPECT_LT(waited, seconds{10});
  EXPECT_GT(waited, seconds{3});
}

TEST_F(CallsTest, EndsWhenItIsStopped) {
  stub_.answers.push_back(kNoConnection);
  stop_.request_stop();

  EXPECT_THAT(Call(), IsError(Reason::kCancelled));
  EXPECT_THAT(stub_.deadlines, SizeIs(1));
}

}  // namespace
}  // namespace certbroker::client
