// tests/support/result_matchers.h: gmock matchers for Result<T> and Error.
//
//   EXPECT_THAT(Parse("x"), IsOk());
//   EXPECT_THAT(Parse("x"), IsOkAndHolds(Eq(3)));
//   EXPECT_THAT(Parse("_"), IsError(Reason::kNameInvalid, HasSubstr("'_'")));
#pragma once

#include <ostream>
#include <string>

#include <gmock/gmock.h>

#include "core/error.h"
#include "core/result.h"

namespace certbroker {

// How gtest prints them.
void PrintTo(const Error& error, std::ostream* out);
template <class T>
void PrintTo(const Result<T>& result, std::ostream* out) {
  if (result.has_value()) {
    *out << "a value";
  } else {
    PrintTo(result.error(), out);
  }
}

MATCHER(IsOk, "is a success") {
  if (arg.has_value()) return true;
  *result_listener << "which is " << arg.error().ToString();
  return false;
}

MATCHER_P(IsOkAndHolds, matcher, "is a success and holds a value that matches") {
  if (!arg.has_value()) {
    *result_listener << "which is " << arg.error().ToString();
    return false;
  }
  return ::testing::ExplainMatchResult(matcher, *arg, result_listener);
}

MATCHER_P(IsError, reason, "is an error with that reason") {
  if (arg.has_value()) {
    *result_listener << "which is a success";
    return false;
  }
  *result_listener << "which is " << arg.error().ToString();
  return arg.error().reason() == reason;
}

MATCHER_P2(IsError, reason, detail_matcher, "is an error with that reason and detail") {
  if (arg.has_value()) {
    *result_listener << "which is a success";
    return false;
  }
  *result_listener << "which is " << arg.error().ToString() << " ";
  return arg.error().reason() == reason &&
         ::testing::ExplainMatchResult(detail_matcher, arg.error().detail(), result_listener);
}

}  // namespace certbroker
