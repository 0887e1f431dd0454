#include "agent/challenge_admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace certbroker::agent {
namespace {

Challenge Of(const std::string& order, const std::string& name, const std::string& token) {
  return {.order = order, .identifier = name, .token = token, .key_authorization = {}};
}

TEST(ChallengeAdmissionTest, TakesTheNamesOfTheSessionOnly) {
  ChallengeAdmission admission({"a.test", "b.test"});

  EXPECT_THAT(admission.Admit(Of("orders/1", "a.test", "t1")), IsOk());
  for (const char* name : {"", "c.test", "x.a.test", "test", "a.test "}) {
    EXPECT_THAT(admission.Admit(Of("orders/1", name, "t2")), IsError(Reason::kNameNotAuthorized))
        << name;
  }
}

TEST(ChallengeAdmissionTest, AnOrderHasNoMoreChallengesThanThereAreNames) {
  ChallengeAdmission admission({"a.test", "b.test"});
  ASSERT_THAT(admission.Admit(Of("orders/1", "a.test", "t1")), IsOk());
  ASSERT_THAT(admission.Admit(Of("orders/1", "b.test", "t2")), IsOk());

  EXPECT_THAT(admission.Admit(Of("orders/1", "a.test", "t3")), IsError(Reason::kOverloaded));
  EXPECT_THAT(admission.Admit(Of("orders/1", "a.test", "t1")), IsOk()) << "sent again";
  EXPECT_THAT(admission.Admit(Of("orders/2", "a.test", "t3")), IsOk()) << "another order";
}

TEST(ChallengeAdmissionTest, WhatIsForgottenMakesRoom) {
  ChallengeAdmission admission({"a.test"});
  ASSERT_THAT(admission.Admit(Of("orders/1", "a.test", "t1")), IsOk());

  admission.Forget(Of("orders/1", "", "t1"));
  admission.Forget(Of("orders/7", "", "never-admitted"));

  EXPECT_THAT(admission.Admit(Of("orders/1", "a.test", "t2")), IsOk());
}

TEST(ChallengeAdmissionTest, OnlySomeOrdersAtATime) {
  ChallengeAdmission admission({"a.test"});
  int admitted = 0;
  while (admitted < 100 &&
         admission.Admit(Of("orders/" + std::to_string(admitted), "a.test", "t")).has_value()) {
    ++admitted;
  }
  EXPECT_EQ(admitted, 16);

  admission.Forget(Of("orders/3", "", "t"));

  EXPECT_THAT(admission.Admit(Of("orders/new", "a.test", "t")), IsOk());
}

TEST(ChallengeAdmissionTest, WithoutNamesItTakesAll) {
  ChallengeAdmission admission({});
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(admission.Admit(Of("orders/" + std::to_string(i), "a.test", "t")), IsOk());
  }
}

}  // namespace
}  // namespace certbroker::agent
