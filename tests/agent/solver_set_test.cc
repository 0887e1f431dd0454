#include "agent/solver_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/solver_choice.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Challenge MakeChallenge(ChallengeType type, const std::string& token = "tok") {
  return {.order = "orders/1",
          .identifier = "a.test",
          .token = token,
          .key_authorization = token + "." + std::string(43, 't'),
          .type = type};
}

class SolverSetTest : public ::testing::Test {
 protected:
  std::unique_ptr<ChallengeSolver> Make(const ChallengeOptions& options) const {
    auto solver = MakeSolver(options, clock_, nullptr);
    EXPECT_THAT(solver, IsOk());
    return *std::move(solver);
  }

  const TempDir dir_;
  const FakeClock clock_;
};

TEST_F(SolverSetTest, EachTypeGoesToItsOwnSolver) {
  const auto solver = Make({.http_listen = "127.0.0.1:0", .tls_listen = "127.0.0.1:0"});

  EXPECT_THAT(solver->Present(MakeChallenge(ChallengeType::kHttp01, "one")), IsOk());
  EXPECT_THAT(solver->Present(MakeChallenge(ChallengeType::kTlsAlpn01, "two")), IsOk());
  EXPECT_EQ(solver->presented(), 2U);

  EXPECT_THAT(solver->Remove("one"), IsOk());
  EXPECT_EQ(solver->presented(), 1U);
}

// A CA may use one token for all challenges of a name.
TEST_F(SolverSetTest, ATokenIsRemovedFromAllOfThem) {
  const auto solver = Make({.webroot = dir_.path(), .tls_listen = "127.0.0.1:0"});
  ASSERT_THAT(solver->Present(MakeChallenge(ChallengeType::kHttp01)), IsOk());
  ASSERT_THAT(solver->Present(MakeChallenge(ChallengeType::kTlsAlpn01)), IsOk());

  EXPECT_THAT(solver->Remove("tok"), IsOk());

  EXPECT_EQ(solver->presented(), 0U);
}

TEST_F(SolverSetTest, WhatIsNotServedNamesTheOptionThatWould) {
  const auto http = Make({.http_listen = "127.0.0.1:0"});
  const auto tls = Make({.tls_listen = "127.0.0.1:0"});

  EXPECT_THAT(http->Present(MakeChallenge(ChallengeType::kTlsAlpn01)),
              IsError(Reason::kChallengeNotServed, HasSubstr("--tls-listen")));
  EXPECT_THAT(tls->Present(MakeChallenge(ChallengeType::kHttp01)),
              IsError(Reason::kChallengeNotServed, HasSubstr("--http-listen")));
  EXPECT_THAT(tls->Present(MakeChallenge(ChallengeType::kDns01)),
              IsError(Reason::kChallengeNotServed, HasSubstr("dns-01")));
}

TEST_F(SolverSetTest, WithoutAnOptionThereIsNothingToServe) {
  const auto nothing = Make({});

  EXPECT_THAT(nothing->Present(MakeChallenge(ChallengeType::kHttp01)),
              IsError(Reason::kChallengeNotServed));
  EXPECT_THAT(nothing->Remove("tok"), IsOk());
  EXPECT_EQ(nothing->presented(), 0U);
}

TEST(ChallengeOptionsTest, SaysWhichTypesItServes) {
  EXPECT_THAT(ChallengeOptions{}.Types(), IsEmpty());
  EXPECT_THAT(ChallengeOptions{.webroot = "/srv/www"}.Types(), ElementsAre("http-01"));
  EXPECT_THAT(ChallengeOptions{.tls_listen = "0.0.0.0:443"}.Types(), ElementsAre("tls-alpn-01"));
  const ChallengeOptions both{.http_listen = "0.0.0.0:80", .tls_listen = "0.0.0.0:443"};
  EXPECT_THAT(both.Types(), ElementsAre("http-01", "tls-alpn-01"));
}

}  // namespace
}  // namespace certbroker::agent
