#include "client/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"

namespace certbroker::client {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

google::rpc::Status StatusWith(grpc::StatusCode code, const std::string& reason) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message("what happened");
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("certbroker");
  status.add_details()->PackFrom(info);
  return status;
}

grpc::Status OnTheWire(const google::rpc::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), status.message(),
          status.SerializeAsString()};
}

TEST(FromStatusTest, EveryReasonComesBackAsItself) {
  for (const ReasonTraits& traits : AllReasons()) {
    const Error error =
        FromStatus(OnTheWire(StatusWith(grpc::StatusCode::INTERNAL, std::string(traits.name))));
    EXPECT_EQ(error.reason(), traits.reason) << traits.name;
    EXPECT_EQ(error.detail(), "what happened");
  }
}

TEST(FromStatusTest, ReadsFieldViolations) {
  auto status = StatusWith(grpc::StatusCode::INVALID_ARGUMENT, "NAME_INVALID");
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("identifiers[1]");
  violation->set_reason("NAME_INVALID");
  violation->set_description("holds '_'");
  status.add_details()->PackFrom(bad);

  const Error error = FromStatus(OnTheWire(status));

  EXPECT_THAT(error.violations(),
              ElementsAre(Violation{"identifiers[1]", Reason::kNameInvalid, "holds '_'"}));
}

TEST(FromStatusTest, ReadsPreconditionFailuresAndTheDelay) {
  auto status = StatusWith(grpc::StatusCode::RESOURCE_EXHAUSTED, "CA_RATE_LIMITED");
  google::rpc::PreconditionFailure failure;
  auto* violation = failure.add_violations();
  violation->set_type("CA_REJECTED_IDENTIFIER");
  violation->set_subject("a.test");
  violation->set_description("blocked");
  status.add_details()->PackFrom(failure);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(90);
  status.add_details()->PackFrom(retry);

  const Error error = FromStatus(OnTheWire(status));

  EXPECT_THAT(error.violations(),
              ElementsAre(Violation{"a.test", Reason::kCaRejectedIdentifier, "blocked"}));
  EXPECT_THAT(error.retry_after(), Optional(Eq(std::chrono::seconds{90})));
}

TEST(FromStatusTest, NoDetailsMeansThatTheServiceWasNotReached) {
  const Error error = FromStatus({grpc::StatusCode::UNAVAILABLE, "Connection refused"});

  EXPECT_EQ(error.reason(), Reason::kServiceUnreachable);
  EXPECT_THAT(error.detail(), HasSubstr("Connection refused"));
  EXPECT_THAT(error.detail(), HasSubstr("Is it running"));
}

TEST(FromStatusTest, DetailsThatAreNoneOfOursAreLeftOut) {
  const Error error =
      FromStatus({grpc::StatusCode::NOT_FOUND, "no such thing", "\x01 no protobuf"});

  EXPECT_EQ(error.reason(), Reason::kNotFound);
  EXPECT_EQ(error.detail(), "no such thing");
  EXPECT_THAT(error.violations(), IsEmpty());
}

TEST(FromStatusTest, AReasonOfANewerServiceKeepsItsNameAndItsCode) {
  const Error error =
      FromStatus(OnTheWire(StatusWith(grpc::StatusCode::ALREADY_EXISTS, "MOON_IN_THE_WAY")));

  EXPECT_EQ(error.reason(), Reason::kAlreadyExists);
  EXPECT_EQ(error.detail(), "MOON_IN_THE_WAY: what happened");
}

TEST(FromStatusTest, AnUnknownReasonIsNotTakenForALostConnection) {
  const Error error =
      FromStatus(OnTheWire(StatusWith(grpc::StatusCode::UNAVAILABLE, "MOON_IN_THE_WAY")));

  EXPECT_NE(error.reason(), Reason::kServiceUnreachable);
  EXPECT_EQ(error.category(), ErrorCategory::kUnavailable);
}

TEST(FromStatusTest, TextForTheTerminalIsMadePrintable) {
  auto status = StatusWith(grpc::StatusCode::INTERNAL, "CA_REJECTED");
  status.set_message("red \x1b[31m alert");

  EXPECT_THAT(FromStatus(OnTheWire(status)).detail(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace certbroker::client
