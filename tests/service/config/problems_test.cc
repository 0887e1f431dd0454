#include "service/config/problems.h"

#include "tests/support/result_matchers.h"

namespace certbroker::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ProblemsTest, NoProblemIsSuccess) { EXPECT_THAT(Problems("x.toml").ToResult(), IsOk()); }

TEST(ProblemsTest, ComesOutInTheOrderOfTheFile) {
  Problems problems("x.toml");
  problems.Add(7, "b", "is wrong");
  problems.Add(3, "a", "is wrong too");
  problems.Add(0, "c.d", "missing");

  const auto result = problems.ToResult();

  ASSERT_THAT(result, IsError(Reason::kConfigInvalid,
                              "x.toml: c.d: missing (and 2 more problems in this file)"));
  EXPECT_THAT(result.error().violations(),
              ElementsAre(Violation{"c.d", Reason::kConfigInvalid, "x.toml: c.d: missing"},
                          Violation{"a", Reason::kConfigInvalid, "x.toml:3: a: is wrong too"},
                          Violation{"b", Reason::kConfigInvalid, "x.toml:7: b: is wrong"}));
}

TEST(ProblemsTest, ASingleProblemStandsAlone) {
  Problems problems("x.toml");
  problems.Add(1, "", "not valid TOML");
  EXPECT_THAT(problems.ToResult(), IsError(Reason::kConfigInvalid, "x.toml:1: not valid TOML"));
}

TEST(ProblemsTest, IsBoundedAndPrintable) {
  Problems problems("x.toml");
  for (int i = 0; i < 5000; ++i) problems.Add(i + 1, "k\x1b[31m", std::string(5000, 'x'));

  const auto result = problems.ToResult();

  ASSERT_THAT(result, IsError(Reason::kConfigInvalid, HasSubstr("4999 more problems")));
  EXPECT_EQ(result.error().violations().size(), 100U);
  for (const Violation& violation : result.error().violations()) {
    EXPECT_LT(violation.description.size(), 1100U);
    EXPECT_THAT(violation.subject, Not(HasSubstr("\x1b")));
    EXPECT_THAT(violation.description, Not(HasSubstr("\x1b")));
  }
}

}  // namespace
}  // namespace certbroker::config
