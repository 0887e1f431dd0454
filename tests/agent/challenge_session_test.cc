#include "agent/challenge_session.h"

#include <future>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/service_link.h"
#include "tests/agent/fake_service.h"
#include "tests/support/result_matchers.h"

namespace certbroker::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

constexpr milliseconds kFirstPause{200};
constexpr std::chrono::seconds kLimit{10};

// Serves whatever it is asked to, and remembers what that was.
class WillingSolver final : public ChallengeSolver {
 public:
  Result<void> Present(const Challenge& challenge) override {
    const std::lock_guard lock(mutex_);
    types_.push_back(challenge.type);
    return {};
  }
  Result<void> Remove(const std::string& /*token*/) override { return {}; }
  std::size_t presented() const override { return 0; }
  std::vector<ChallengeType> types() const {
    const std::lock_guard lock(mutex_);
    return types_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ChallengeType> types_;
};

v1::PresentChallenge Wanted(const std::string& type, const std::string& identifier) {
  v1::PresentChallenge wanted;
  wanted.set_order("orders/1");
  wanted.set_type(type);
  wanted.set_identifier(identifier);
  wanted.set_token("tok");
  wanted.set_key_authorization("tok." + std::string(43, 't'));
  return wanted;
}

class ChallengeSessionTest : public ::testing::Test {
 protected:
  ChallengeSession::Deps Deps() {
    return {.service = link_.sessions(),
            .solver = solver_,
            .reports = reports_,
            .clock = clock_,
            .random = random_,
            .note =
                [this](std::string_view text) {
                  const std::lock_guard lock(mutex_);
                  notes_.emplace_back(text);
                  if (text.find("for good") != std::string_view::npos) over_.set_value();
                },
            .wait =
                [this](milliseconds pause) {
                  const std::lock_guard lock(mutex_);
                  pauses_.push_back(pause);
                  return true;
                }};
  }
  // The notes about sessions; that the clocks differ is another matter.
  std::vector<std::string> SessionNotes() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> notes;
    for (const std::string& note : notes_) {
      if (note.find("session") != std::string::npos) notes.push_back(note);
    }
    return notes;
  }
  std::vector<milliseconds> Pauses() const {
    const std::lock_guard lock(mutex_);
    return pauses_;
  }

  // As soon as there is one.
  std::vector<v1::ChallengeReport::Outcome> Reports() const {
    const SteadyTime deadline = clock_.Tick() + kLimit;
    while (service_.reports().empty() && clock_.Tick() < deadline) std::this_thread::yield();
    return service_.reports();
  }

  FakeService service_;
  SystemClock clock_;
  SystemRandom random_;
  const ServiceLink link_{service_.Channel(), {.clock = clock_, .random = random_, .stop = {}}};
  WillingSolver solver_;
  ChallengeReports reports_;
  std::promise<void> over_;
  mutable std::mutex mutex_;
  std::vector<std::string> notes_;
  std::vector<milliseconds> pauses_;
};

TEST_F(ChallengeSessionTest, AGoodSessionMakesTheNextPauseShortAgain) {
  service_.Play({.welcomed_sessions_to_break = 6});
  ChallengeSession session(Deps(), {"app.test"});
  ASSERT_THAT(session.WaitUntilOpen(kLimit, {}), IsOk());
  const SteadyTime deadline = clock_.Tick() + kLimit;
  while (service_.hellos().empty() && clock_.Tick() < deadline) std::this_thread::yield();

  EXPECT_THAT(Pauses(), AllOf(SizeIs(6), Each(Le(kFirstPause))));
}

TEST_F(ChallengeSessionTest, PassesOnThatTheIdentityIsToBeReplaced) {
  service_.Play({.replace_identity = true});
  std::promise<void> asked;
  ChallengeSession::Deps deps = Deps();
  deps.replace_identity = [&asked] { asked.set_value(); };
  ChallengeSession session(std::move(deps), {"app.test"});

  EXPECT_EQ(asked.get_future().wait_for(kLimit), std::future_status::ready);
}

TEST_F(ChallengeSessionTest, AChallengeForAnotherNameIsReportedAsFailed) {
  service_.Play({.challenges = {Wanted("http-01", "other.test")}});
  ChallengeSession session(Deps(), {"app.test"});

  EXPECT_THAT(Reports(), ElementsAre(v1::ChallengeReport::FAILED));
  EXPECT_THAT(solver_.types(), IsEmpty());
}

TEST_F(ChallengeSessionTest, TheSolverIsToldOfWhichTypeAChallengeIs) {
  service_.Play({.challenges = {Wanted("tls-alpn-01", "app.test")}});
  ChallengeSession session(Deps(), {"app.test"});

  EXPECT_THAT(Reports(), ElementsAre(v1::ChallengeReport::SERVING));
  EXPECT_THAT(solver_.types(), ElementsAre(ChallengeType::kTlsAlpn01));
}

TEST_F(ChallengeSessionTest, AChallengeThatNobodyHasHeardOfIsReportedAsFailed) {
  service_.Play({.challenges = {Wanted("smoke-01", "app.test")}});
  ChallengeSession session(Deps(), {"app.test"});

  EXPECT_THAT(Reports(), ElementsAre(v1::ChallengeReport::FAILED));
  EXPECT_THAT(solver_.types(), IsEmpty());
}

TEST_F(ChallengeSessionTest, WhileThereIsNoneThePausesGrow) {
  service_.Play({.sessions_to_break = 6});
  ChallengeSession session(Deps(), {"app.test"});

  ASSERT_THAT(session.WaitUntilOpen(kLimit, {}), IsOk());

  ASSERT_THAT(Pauses(), SizeIs(6));
  EXPECT_GT(Pauses().back(), kFirstPause);
}

TEST_F(ChallengeSessionTest, ARefusalAfterTheFirstOpeningIsFinalToo) {
  service_.Play({.welcomed_sessions_to_break = 2,
                 .session_end = {grpc::StatusCode::PERMISSION_DENIED, "not you any more"}});
  ChallengeSession session(Deps(), {"app.test"});
  ASSERT_THAT(session.WaitUntilOpen(kLimit, {}), IsOk());

  ASSERT_EQ(over_.get_future().wait_for(kLimit), std::future_status::ready);

  EXPECT_THAT(SessionNotes(),
              ElementsAre(AllOf(HasSubstr("not served any more"), HasSubstr("not you any more"))));
  EXPECT_THAT(Pauses(), IsEmpty());
}

TEST_F(ChallengeSessionTest, ARefusalAtTheFirstOpeningIsTheAnswer) {
  service_.Play(
      {.sessions_to_break = 1, .session_end = {grpc::StatusCode::PERMISSION_DENIED, "not you"}});
  ChallengeSession session(Deps(), {"app.test"});

  const auto opened = session.WaitUntilOpen(kLimit, {});

  ASSERT_FALSE(opened.has_value());
  EXPECT_THAT(opened.error().ToString(), HasSubstr("not you"));
  EXPECT_THAT(SessionNotes(), IsEmpty());
}

}  // namespace
}  // namespace certbroker::agent
