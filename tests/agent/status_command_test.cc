#include "agent/status_command.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace certbroker::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

template <class Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

CertificateStatus Issued(const std::string& renewal) {
  return {.certificate = FromText<v1::Certificate>(R"(
            name: "certificates/1" state: ACTIVE identifiers: "a.test"
            current { serial: "0a" not_after_time { seconds: 1800000000 } )" +
                                                   renewal + "}"),
          .order = FromText<v1::Order>(R"(name: "orders/1" state: ORDER_STATE_ISSUED)")};
}

TEST(StatusTextTest, TellsWhenACertificateIsToBeRenewed) {
  EXPECT_EQ(StatusText({Issued("renewal { renew_time { seconds: 1790000000 } }")}),
            "CERTIFICATE     STATE   NAMES   SERIAL  EXPIRES               RENEW AT              "
            "LATEST ORDER\n"
            "certificates/1  ACTIVE  a.test  0a      2027-01-15T08:00:00Z  2026-09-21T14:13:20Z  "
            "orders/1 ISSUED\n");
}

TEST(StatusTextTest, WhatIsNotToBeRenewedHasNoTime) {
  EXPECT_THAT(StatusText({Issued("")}), HasSubstr("2027-01-15T08:00:00Z  -         orders/1"));
}

TEST(StatusTextTest, TellsWhyAnOrderFailed) {
  const CertificateStatus failed = {
      .certificate = FromText<v1::Certificate>(R"(name: "certificates/1" state: FAILED)"),
      .order = FromText<v1::Order>(R"(
        name: "orders/1" state: ORDER_STATE_FAILED error { code: 9 message: "not here" details {
          [type.googleapis.com/google.rpc.ErrorInfo] {
            reason: "CA_REJECTED" domain: "certbroker" } } })")};

  EXPECT_THAT(StatusText({failed}), AllOf(HasSubstr("orders/1 FAILED\n"),
                                          HasSubstr("orders/1: CA_REJECTED: not here\n")));
}

TEST(StatusTextTest, SaysThatThereAreNone) { EXPECT_EQ(StatusText({}), "no certificates\n"); }

}  // namespace
}  // namespace certbroker::agent
