// Rfc2136Solver against a real BIND 9.
#include "acme/solvers/rfc2136_solver.h"

#include "tests/acme/solvers/dns_world.h"
#include "tests/acme/solvers/stub_server.h"

namespace certbroker::acme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Rfc2136SolverTest = DnsWorld;

// A host whose clock is wrong by an hour.
class WrongClock final : public Clock {
 public:
  Time Now() const override { return real_.Now() + hours{1}; }
  SteadyTime Tick() const override { return real_.Tick(); }

 private:
  SystemClock real_;
};

std::optional<Bytes> Silence(ByteView /*request*/, bool /*over_tcp*/) { return std::nullopt; }

TEST_F(Rfc2136SolverTest, PublishesAndRemovesAValueWithEveryAlgorithm) {
  for (const std::string key : {"k256", "k384", "k512"}) {
    SCOPED_TRACE(key);
    const auto solver = Solver(Options(key));
    const DnsChallenge challenge = Challenge("www.example.test", key);

    EXPECT_THAT(solver->Present(challenge, Soon()), IsOk());
    EXPECT_THAT(TxtAt("_acme-challenge.www.example.test"), ElementsAre(key));
    EXPECT_THAT(solver->CleanUp(challenge, Soon()), IsOk());
    EXPECT_THAT(TxtAt("_acme-challenge.www.example.test"), IsEmpty());
  }
}

TEST_F(Rfc2136SolverTest, KeepsSeveralValuesSideBySideAndRemovesOnlyItsOwn) {
  // tD1: example.test and *.example.test are proven under one name, at the same time.
  const auto solver = Solver();
  const DnsChallenge apex = Challenge("example.test", "apex-value");
  const DnsChallenge wildcard = Challenge("example.test", "wildcard-value");
  ASSERT_THAT(solver->Present(apex, Soon()), IsOk());
  ASSERT_THAT(solver->Present(wildcard, Soon()), IsOk());
  EXPECT_THAT(TxtAt("_acme-challenge.example.test"), ElementsAre("apex-value", "wildcard-value"));

  EXPECT_THAT(solver->CleanUp(apex, Soon()), IsOk());

  EXPECT_THAT(TxtAt("_acme-challenge.example.test"), ElementsAre("wildcard-value"));
}

TEST_F(Rfc2136SolverTest, DoesEverythingTwiceAsOnce) {
  const auto solver = Solver();
  const DnsChallenge challenge = Challenge("example.test", "value");
  EXPECT_THAT(solver->CleanUp(challenge, Soon()), IsOk());
  EXPECT_THAT(solver->Present(challenge, Soon()), IsOk());
  EXPECT_THAT(solver->Present(challenge, Soon()), IsOk());
  EXPECT_THAT(TxtAt("_acme-challenge.example.test"), ElementsAre("value"));
  EXPECT_THAT(solver->CleanUp(challenge, Soon()), IsOk());
  EXPECT_THAT(solver->CleanUp(challenge, Soon()), IsOk());
  EXPECT_THAT(TxtAt("_acme-challenge.example.test"), IsEmpty());
}

TEST_F(Rfc2136SolverTest, FollowsTheAliasIntoTheChallengeZone) {
  const auto solver = Solver();
  const DnsChallenge challenge = Challenge("alias.example.test", "delegated");

  EXPECT_THAT(solver->Present(challenge, Soon()), IsOk());
  EXPECT_THAT(TxtAt("alias.challenges.test"), ElementsAre("delegated"));
  EXPECT_THAT(solver->CleanUp(challenge, Soon()), IsOk());
  EXPECT_THAT(TxtAt("alias.challenges.test"), IsEmpty());
}

TEST_F(Rfc2136SolverTest, RefusesAliasesThatGoRoundInACircle) {
  // tD2.
  EXPECT_THAT(Solver()->Present(Challenge("loop.example.test", "value"), Soon()),
              IsError(Reason::kDnsUpdateRefused, HasSubstr("circle")));
}

TEST_F(Rfc2136SolverTest, ChangesTheConfiguredZoneWithoutALookUp) {
  Rfc2136Options options = Options();
  options.zones = {"test", "Example.Test."};
  options.follow_cname = false;
  options.look_up.resolver.resolvers = {{.ip = "127.0.0.1", .port = 1}};

  EXPECT_THAT(Solver(options)->Present(Challenge("example.test", "value"), Soon()), IsOk());

  EXPECT_THAT(TxtAt("_acme-challenge.example.test"), ElementsAre("value"));
}

TEST_F(Rfc2136SolverTest, TellsThatTheServerIsNotThatZonesPrimary) {
  Rfc2136Options options = Options();
  options.zones = {"elsewhere.test"};

  EXPECT_THAT(Solver(options)->Present(Challenge("elsewhere.test", "value"), Soon()),
              IsError(Reason::kDnsUpdateRefused,
                      AllOf(HasSubstr("NOTAUTH"), HasSubstr("not the primary server"))));
}

TEST_F(Rfc2136SolverTest, TellsThatTheServerDoesNotKnowTheKey) {
  Rfc2136Options options = Options();
  options.tsig_name = "stranger";

  EXPECT_THAT(Solver(options)->Present(Challenge("example.test", "value"), Soon()),
              IsError(Reason::kDnsUpdateRefused,
                      AllOf(HasSubstr("BADKEY"), HasSubstr("stranger"), HasSubstr("tsig_name"))));
  EXPECT_THAT(TxtAt("_acme-challenge.example.test"), IsEmpty());
}

TEST_F(Rfc2136SolverTest, TellsThatTheSecretIsAnotherOne) {
  Rfc2136Options options = Options();
  options.tsig_secret_file = SecretFile("bm90IHRoZSBzZWNyZXQgb2YgdGhlIHNlcnZlciBhdCA=");

  EXPECT_THAT(Solver(options)->Present(Challenge("example.test", "value"), Soon()),
              IsError(Reason::kDnsUpdateRefused, HasSubstr("BADSIG")));
}

TEST_F(Rfc2136SolverTest, TellsThatTheClocksAreApart) {
  const WrongClock wrong;
  const auto solver = Rfc2136Solver::Create(Options(), wrong, random_);
  ASSERT_THAT(solver, IsOk());

  EXPECT_THAT((*solver)->Present(Challenge("example.test", "value"), wrong.Tick() + seconds{20}),
              IsError(Reason::kDnsUpdateRefused, AllOf(HasSubstr("BADTIME"), HasSubstr("NTP"))));
}

TEST_F(Rfc2136SolverTest, TellsThatTheKeyMayNotChangeTheName) {
  const auto solver = Solver(Options("narrow"));

  EXPECT_THAT(solver->Present(Challenge("narrow.example.test", "value"), Soon()), IsOk());
  EXPECT_THAT(solver->Present(Challenge("wide.example.test", "value"), Soon()),
              IsError(Reason::kDnsUpdateRefused, AllOf(HasSubstr("REFUSED"), HasSubstr("narrow"),
                                                       HasSubstr("update-policy"))));
}

TEST_F(Rfc2136SolverTest, AsksTheNextServerWhenOneIsSilent) {
  const StubServer silent(Silence);
  Rfc2136Options options = Options();
  options.server = {silent.address(), primary()};
  options.timeout = milliseconds{500};

  EXPECT_THAT(Solver(options)->Present(Challenge("example.test", "value"), Soon()), IsOk());

  EXPECT_THAT(TxtAt("_acme-challenge.example.test"), ElementsAre("value"));
}

TEST_F(Rfc2136SolverTest, KeepsTheDeadlineWhenTheServerIsSilent) {
  const StubServer silent(Silence);
  Rfc2136Options options = Options();
  options.server = {silent.address(), silent.address()};
  const auto solver = Solver(options);
  const auto deadline = In(milliseconds{800});

  EXPECT_THAT(solver->Present(Challenge("example.test", "value"), deadline),
              IsError(Reason::kDnsUnavailable, HasSubstr("in time")));

  EXPECT_LT(clock_.Tick(), deadline + milliseconds{500});
}

TEST_F(Rfc2136SolverTest, DoesNotBelieveAnUnsignedSuccess) {
  const StubServer liar([](ByteView request, bool) { return EmptyAnswer(request, 0); });
  Rfc2136Options options = Options();
  options.server = {liar.address()};

  EXPECT_THAT(Solver(options)->Present(Challenge("example.test", "value"), Soon()),
              IsError(Reason::kDnsUnavailable, HasSubstr("not believed")));
}

TEST_F(Rfc2136SolverTest, SendsNoUpdateWhereTheZoneCannotBeLookedUp) {
  EXPECT_THAT(Solver()->Present(Challenge("broken.test", "value"), Soon()),
              IsError(Reason::kDnsUnavailable, HasSubstr("SERVFAIL")));
}

TEST_F(Rfc2136SolverTest, SeesItsOwnValueAtEveryServer) {
  const auto solver = Solver();
  const DnsChallenge challenge = Challenge("alias.example.test", "value");
  const auto before = solver->CheckPropagation(challenge, Soon());
  ASSERT_THAT(before, IsOk());
  EXPECT_EQ(before->state, Propagation::State::kNotYet);

  ASSERT_THAT(solver->Present(challenge, Soon()), IsOk());

  const auto after = solver->CheckPropagation(challenge, Soon());
  ASSERT_THAT(after, IsOk());
  EXPECT_EQ(after->state, Propagation::State::kVisible) << after->detail;
}

}  // namespace
}  // namespace certbroker::acme
