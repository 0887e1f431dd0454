#include "agent/issue_command.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace certbroker::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What these arguments of `issue`, and the required --out, ask for.
Result<Wish> WishOf(std::vector<std::string> arguments) {
  CLI::App app;
  const IssueCommand command(app);
  arguments.insert(arguments.begin(), {"issue", "--out", "/tmp/out"});
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  app.parse(arguments);
  return command.ReadWish();
}

TEST(IssueCommandTest, LeavesToPolicyWhatIsNotSaid) {
  const auto wish = WishOf({"www.example.org"});

  ASSERT_THAT(wish, IsOk());
  EXPECT_EQ(wish->issuer, "");
  EXPECT_THAT(wish->fallback_issuers, IsEmpty());
  EXPECT_EQ(wish->profile, "");
  EXPECT_FALSE(wish->profile_preferred);
}

TEST(IssueCommandTest, TakesFallbackIssuersInTheirOrder) {
  const auto wish = WishOf({"www.example.org", "--issuer", "a", "--fallback-issuer", "c",
                            "--fallback-issuer", "issuers/b"});

  ASSERT_THAT(wish, IsOk());
  EXPECT_EQ(wish->issuer, "issuers/a");
  EXPECT_THAT(wish->fallback_issuers, ElementsAre("issuers/c", "issuers/b"));
}

TEST(IssueCommandTest, ANameAfterAFallbackIssuerIsAName) {
  const auto wish =
      WishOf({"--issuer", "a", "--fallback-issuer", "b", "www.example.org", "example.org"});

  ASSERT_THAT(wish, IsOk());
  EXPECT_THAT(wish->fallback_issuers, ElementsAre("issuers/b"));
  EXPECT_EQ(wish->names.size(), 2U);
}

TEST(IssueCommandTest, AProfileIsRequiredOrPreferred) {
  const auto preferred = WishOf({"www.example.org", "--profile-preferred", "short"});
  ASSERT_THAT(preferred, IsOk());
  EXPECT_EQ(preferred->profile, "short");
  EXPECT_TRUE(preferred->profile_preferred);
  EXPECT_THROW(
      (void)WishOf({"www.example.org", "--profile", "long", "--profile-preferred", "short"}),
      CLI::ExcludesError);
}

}  // namespace
}  // namespace certbroker::agent
