#include "core/error_text.h"

namespace certbroker {
namespace {

TEST(ErrorTextTest, SaysProgramReasonAndText) {
  EXPECT_EQ(ErrorText("certbrokerd", Error(Reason::kHsmPinRefused, "the token refused the PIN")),
            "certbrokerd: HSM_PIN_REFUSED: the token refused the PIN\n");
}

TEST(ErrorTextTest, ViolationsStandBelowWithTheirSubject) {
  const Error error = Error(Reason::kNameInvalid, "2 names are wrong")
                          .With({"a_b", Reason::kNameInvalid, "holds '_'"})
                          .With({"", Reason::kNameInvalid, "is empty"});
  EXPECT_EQ(ErrorText("p", error),
            "p: NAME_INVALID: 2 names are wrong\n"
            "  a_b: holds '_'\n"
            "  is empty\n");
}

TEST(ErrorTextTest, WhatTheFirstLineSaidIsNotSaidAgain) {
  const Error field = Error(Reason::kInvalidArgument, "name: is missing")
                          .With({"name", Reason::kInvalidArgument, "is missing"});
  EXPECT_EQ(ErrorText("p", field), "p: INVALID_ARGUMENT: name: is missing\n");

  const Error file =
      Error(Reason::kConfigInvalid, "c.toml:3: log.level: is wrong")
          .With({"log.level", Reason::kConfigInvalid, "c.toml:3: log.level: is wrong"});
  EXPECT_EQ(ErrorText("p", file), "p: CONFIG_INVALID: c.toml:3: log.level: is wrong\n");
}

TEST(ErrorTextTest, IsPrintable) {
  const Error error =
      Error(Reason::kCaRejected, "a\x1b[2Jb").With({"x\ny", Reason::kCaRejected, "c\rd"});
  EXPECT_EQ(ErrorText("p", error), "p: CA_REJECTED: a?[2Jb\n  x?y: c?d\n");
}

}  // namespace
}  // namespace certbroker
