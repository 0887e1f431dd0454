#include "service/engine/challenge_runner.h"

#include <functional>

#include "acme/challenge_digest.h"
#include "acme/key_authorization.h"
#include "tests/service/engine/engine_fixture.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

// Does as told, and remembers what it was asked.
class ToldSolver final : public DnsSolver {
 public:
  Result<void> Present(const DnsChallenge& challenge, SteadyTime deadline) override {
    last = challenge;
    present_deadline = deadline;
    ++presented;
    if (during_present) during_present();
    return present;
  }
  Result<void> CleanUp(const DnsChallenge& challenge, SteadyTime /*deadline*/) override {
    last = challenge;
    ++cleaned;
    return clean_up;
  }
  Result<Propagation> CheckPropagation(const DnsChallenge& /*challenge*/,
                                       SteadyTime /*deadline*/) override {
    return propagation;
  }

  std::function<void()> during_present;
  Result<void> present;
  Result<void> clean_up;
  Result<Propagation> propagation = Propagation{Propagation::State::kVisible, ""};
  int presented = 0;
  int cleaned = 0;
  DnsChallenge last;
  SteadyTime present_deadline;
};

class ChallengeRunnerTest : public EngineFixture {
 protected:
  ChallengeRunnerTest() {
    MakeAccount();
    book_of_solvers_.emplace("corp-dns", ConfiguredSolver{solver_, options_});
    runner_ = std::make_unique<ChallengeRunner>(
        ChallengeRunner::Deps{*book_, database_.challenges(), book_of_solvers_, workers_, clock_,
                              random_, log_},
        LeaseOptions{.owner = "replica-1"});
    order_ = Issue();
    WantRecord("corp-dns", ChallengeType::kDns01);
  }

  // As the machine leaves the order.
  void WantRecord(const std::string& solver, ChallengeType type) {
    auto leased = database_.queue().Lease({.owner = "test", .limit = 1});
    ASSERT_THAT(leased, IsOk());
    ASSERT_EQ(leased->orders.size(), 1U);
    OrderCommit commit;
    commit.order = leased->orders[0].order;
    commit.order.state = OrderState::kPresenting;
    Authorization wanted;
    wanted.url = *HttpsUrl::Parse("https://ca.test/authz/1");
    wanted.name = *Identifier::Parse("app.test");
    wanted.challenge_type = type;
    wanted.challenge_url = *HttpsUrl::Parse("https://ca.test/chall/1");
    wanted.token = "tok";
    wanted.key_authorization = key_authorization_;
    wanted.solver = solver;
    wanted.presentation = Presentation::kWanted;
    commit.order.authorizations = {wanted};
    commit.due_in = minutes{60};
    ASSERT_THAT(database_.queue().Commit(commit), IsOk());
  }
  // The machine does not want it any more.
  void GiveUp() {
    ASSERT_THAT(database_.queue().Wake(order_.id), IsOk());
    auto leased = database_.queue().Lease({.owner = "test", .limit = 1});
    ASSERT_EQ(leased->orders.size(), 1U);
    OrderCommit commit;
    commit.order = leased->orders[0].order;
    commit.order.state = OrderState::kFailed;
    commit.order.failure = Error(Reason::kChallengeFailed, "no");
    ASSERT_THAT(database_.queue().Commit(commit), IsOk());
  }
  Authorization Challenge() { return Read(order_.id).authorizations[0]; }
  Presentation Now() { return Challenge().presentation; }
  void Lease() { ASSERT_THAT(runner_->LeaseDue(), IsOk()); }

  ToldSolver solver_;
  SolverOptions options_{.propagation = PropagationMode::kRequire,
                         .propagation_timeout = minutes{2},
                         .propagation_interval = seconds{5}};
  SolverBook book_of_solvers_;
  std::unique_ptr<ChallengeRunner> runner_;
  Order order_;
  std::string key_authorization_ = "tok." + acme::Thumbprint(signer_->public_key());
};

// RFC 8555 §8.4.
TEST_F(ChallengeRunnerTest, PutsTheRecordUp) {
  Lease();
  EXPECT_EQ(Now(), Presentation::kServing);
  EXPECT_EQ(solver_.last.record_name, "_acme-challenge.app.test");
  EXPECT_EQ(solver_.last.value, acme::ChallengeTxtValue(key_authorization_));
  EXPECT_EQ(solver_.last.domain, "app.test");
  EXPECT_EQ(solver_.last.token, "tok");
}

// Whoever can write to the database must not be able to prove names for a key of his own.
TEST_F(ChallengeRunnerTest, WhatIsForAnotherKeyIsNotPutUp) {
  GiveUp();
  key_authorization_ = "tok.attackers-own-thumbprint";
  order_ = Issue();
  WantRecord("corp-dns", ChallengeType::kDns01);
  Lease();

  EXPECT_EQ(Now(), Presentation::kFailed);
  EXPECT_EQ(solver_.presented, 0);
}

// A program may take longer than an order's lease; no other replica begins it meanwhile.
TEST_F(ChallengeRunnerTest, GivesASolverTheTimeThatItIsConfiguredFor) {
  book_of_solvers_.clear();
  book_of_solvers_.emplace("corp-dns", ConfiguredSolver{solver_, options_, seconds{90}});
  const SteadyTime begun = clock_.Tick();
  std::optional<std::size_t> taken_by_another;
  solver_.during_present = [&] {
    clock_.Advance(seconds{89});
    const auto other = database_.challenges().LeaseChallenges({.owner = "replica-2", .limit = 1});
    ASSERT_THAT(other, IsOk());
    taken_by_another = other->challenges.size();
  };
  Lease();
  EXPECT_GE(solver_.present_deadline - begun, seconds{90});
  EXPECT_EQ(taken_by_another, 0U);
  EXPECT_EQ(Now(), Presentation::kServing);
}

TEST_F(ChallengeRunnerTest, TriesAgainWhatMayPassAndThenGivesUp) {
  solver_.present = Error(Reason::kDnsUnavailable, "nobody answers");
  for (int i = 0; i < 4; ++i) {
    Lease();
    EXPECT_EQ(Now(), Presentation::kWanted);
    clock_.Advance(minutes{1});
  }
  Lease();
  EXPECT_EQ(Now(), Presentation::kFailed);
  EXPECT_THAT(Challenge().presentation_error, HasSubstr("nobody answers"));
  EXPECT_EQ(solver_.presented, 5);
}

TEST_F(ChallengeRunnerTest, WaitsUntilTheRecordCanBeSeen) {
  solver_.propagation = Propagation{Propagation::State::kNotYet, "ns2 does not have it"};
  Lease();
  EXPECT_EQ(Now(), Presentation::kSpreading);
  Lease();
  EXPECT_EQ(solver_.presented, 1) << "not before the interval";
  clock_.Advance(seconds{6});
  solver_.propagation = Propagation{Propagation::State::kVisible, ""};
  Lease();
  EXPECT_EQ(Now(), Presentation::kServing);
  EXPECT_EQ(solver_.presented, 1);
}

TEST_F(ChallengeRunnerTest, ARecordThatIsNeverSeenFailsWithTheServerThatLacksIt) {
  solver_.propagation = Propagation{Propagation::State::kNotYet, "ns2 does not have it"};
  Lease();
  clock_.Advance(minutes{3});
  Lease();
  EXPECT_EQ(Now(), Presentation::kFailed);
  EXPECT_THAT(Challenge().presentation_error, HasSubstr("ns2 does not have it"));
}

// I13.
TEST_F(ChallengeRunnerTest, TakesDownUntilItIsDown) {
  Lease();
  GiveUp();
  solver_.clean_up = Error(Reason::kDnsUnavailable, "nobody answers");
  Lease();
  EXPECT_EQ(Now(), Presentation::kUnwanted);
  clock_.Advance(minutes{1});
  solver_.clean_up = {};
  Lease();
  EXPECT_EQ(Now(), Presentation::kRemoved);
  EXPECT_EQ(solver_.cleaned, 2);
  clock_.Advance(minutes{60});
  Lease();
  EXPECT_EQ(solver_.cleaned, 2);
}

TEST_F(ChallengeRunnerTest, ASolverThatIsGoneFailsTheChallenge) {
  book_of_solvers_.clear();
  Lease();
  EXPECT_EQ(Now(), Presentation::kFailed);
  EXPECT_THAT(Challenge().presentation_error, HasSubstr("corp-dns"));
}

class DnsAccountTest : public ChallengeRunnerTest {};

// draft-ietf-acme-dns-account-label: a name of the account's own.
TEST_F(DnsAccountTest, TheRecordsNameIsTheAccountsOwn) {
  Lease();
  GiveUp();
  order_ = Issue({"two.test"});
  WantRecord("corp-dns", ChallengeType::kDnsAccount01);
  Lease();
  EXPECT_EQ(solver_.last.record_name,
            acme::DnsAccount01Label(*HttpsUrl::Parse("https://ca.test/account/1")) + ".app.test");
}

}  // namespace
}  // namespace certbroker::engine
