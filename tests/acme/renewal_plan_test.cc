#include "acme/renewal_plan.h"

#include <set>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::microseconds;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Lt;
using ::testing::Optional;
using ::testing::SizeIs;

class RenewalPlanTest : public ::testing::Test {
 protected:
  // Ninety days, issued an hour ago, as Let's Encrypt backdates them.
  RenewalPlanTest() : subject_{"aki.serial", now_ - 1h, now_ - 1h + days(90)} {}

  static RenewalInfo Info(Time start, microseconds width = 48h) {
    return {.window = {start, start + width}, .explanation_url = {}, .poll_after = 6h};
  }
  RenewalPlan After(const RenewalPlan& plan, const Result<RenewalInfo>& answer, Time now) {
    return NextPlan(plan, subject_, answer, now, random_);
  }

  const Time now_ = FakeClock().Now();
  FakeRandom random_;
  RenewalSubject subject_;
};

TEST_F(RenewalPlanTest, ANewCertificateIsAskedAboutAtOnce) {
  const RenewalPlan plan = FirstPlan(subject_, now_, random_);
  EXPECT_EQ(plan.next_poll, now_);
  EXPECT_EQ(plan.certificate_id, "aki.serial");
  EXPECT_EQ(plan.source, WindowSource::kLifetime);
}

// R2.
TEST_F(RenewalPlanTest, WithoutAriAThirdOrAHalfOfTheLifetimeIsLeft) {
  const struct {
    std::string_view name;
    microseconds lifetime;
    microseconds left;
  } cases[] = {
      {"90 days", days(90), days(30)},
      {"45 days", days(45), days(15)},
      {"10 days", days(10), microseconds(days(10)) / 3},
      {"just below", days(10) - 1s, (days(10) - 1s) / 2},
      {"160 hours", 160h, 80h},
      {"ten years", days(3650), microseconds(days(3650)) / 3},
      {"one microsecond", 1us, 0us},
  };
  for (const auto& c : cases) {
    const RenewalSubject subject{"", now_, now_ + c.lifetime};
    std::set<Time> times;
    for (int i = 0; i < 50; ++i) {
      const Time chosen = FirstPlan(subject, now_, random_).chosen;
      EXPECT_THAT(subject.not_after - chosen - c.left,
                  AllOf(Ge(-c.lifetime / 100 - 1us), Le(c.lifetime / 100 + 1us)))
          << c.name;
      times.insert(chosen);
    }
    const std::size_t distinct = c.lifetime > 1h ? 50 : times.size();
    EXPECT_THAT(times, SizeIs(distinct)) << c.name << ": none renew together";
  }
}

TEST_F(RenewalPlanTest, ACertificateThatNoCaKnowsIsNeverPolled) {
  subject_.certificate_id.clear();
  EXPECT_EQ(FirstPlan(subject_, now_, random_).next_poll, std::nullopt);
}

// RFC 9773 §4.2: uniform over the window, so neither its edges nor its middle are crowded.
TEST_F(RenewalPlanTest, ChoosesUniformlyWithinTheWindow) {
  const RenewalInfo info = Info(now_ + days(60), 100h);
  std::array<int, 4> quarters{};
  for (int i = 0; i < 4000; ++i) {
    const RenewalPlan plan = After(FirstPlan(subject_, now_, random_), info, now_);
    ASSERT_THAT(plan.chosen, AllOf(Ge(info.window.start), Lt(info.window.end)));
    ++quarters[static_cast<std::size_t>((plan.chosen - info.window.start) / 25h)];
  }
  for (const int count : quarters) EXPECT_THAT(count, AllOf(Ge(850), Le(1150)));
}

// tR4.
TEST_F(RenewalPlanTest, TheSameWindowKeepsTheTimeAndAnotherOneDrawsAnew) {
  const RenewalInfo info = Info(now_ + days(60));
  const RenewalPlan first = After(FirstPlan(subject_, now_, random_), info, now_);
  EXPECT_EQ(first.source, WindowSource::kCa);
  const RenewalPlan same = After(first, info, now_ + 6h);
  EXPECT_EQ(same.chosen, first.chosen);
  EXPECT_EQ(same.window, first.window);
  EXPECT_NE(same.next_poll, first.next_poll);

  const RenewalInfo moved = Info(now_ + days(40));
  const RenewalPlan again = After(same, moved, now_ + 12h);
  EXPECT_EQ(again.window, moved.window);
  EXPECT_THAT(again.chosen, AllOf(Ge(moved.window.start), Lt(moved.window.end)));
}

TEST_F(RenewalPlanTest, AWindowThatIsOverMeansNow) {
  const Time later = now_ + days(3);
  RenewalInfo info = Info(later - 1h, 30min);  // Boulder's answer for a revoked certificate
  info.explanation_url = "https://ca.example/incident";
  const RenewalPlan plan = After(FirstPlan(subject_, now_, random_), info, later);
  EXPECT_EQ(plan.chosen, later);
  EXPECT_EQ(plan.explanation_url, "https://ca.example/incident");
  EXPECT_EQ(UrgencyOf(plan, subject_, later), RenewalUrgency::kDue);

  EXPECT_THAT(After(plan, Info(later + days(50)), later).explanation_url, IsEmpty());
}

// tR2: a window for ever ahead must not let the certificate expire; tR4: never after the threshold.
TEST_F(RenewalPlanTest, NearExpiryTheWindowDoesNotCount) {
  const Time end = subject_.not_after;
  const RenewalPlan plan = After(FirstPlan(subject_, now_, random_), Info(end + days(3650)), now_);
  const microseconds lifetime = days(90);
  EXPECT_EQ(RenewAt(plan, subject_), end - lifetime / 20);
  EXPECT_EQ(UrgencyOf(plan, subject_, end - lifetime / 20 - 1us), RenewalUrgency::kNotDue);
  EXPECT_EQ(UrgencyOf(plan, subject_, end - lifetime / 20), RenewalUrgency::kNearExpiry);
  EXPECT_EQ(UrgencyOf(plan, subject_, end - lifetime / 50), RenewalUrgency::kEmergency);
  EXPECT_EQ(UrgencyOf(plan, subject_, end + days(1)), RenewalUrgency::kEmergency);
}

TEST_F(RenewalPlanTest, IsDueFromTheChosenTimeOn) {
  const RenewalPlan plan = After(FirstPlan(subject_, now_, random_), Info(now_ + days(60)), now_);
  EXPECT_EQ(RenewAt(plan, subject_), plan.chosen);
  EXPECT_EQ(UrgencyOf(plan, subject_, plan.chosen - 1us), RenewalUrgency::kNotDue);
  EXPECT_EQ(UrgencyOf(plan, subject_, plan.chosen), RenewalUrgency::kDue);
  subject_.replaced = true;
  EXPECT_EQ(UrgencyOf(plan, subject_, subject_.not_after), RenewalUrgency::kNotDue);
}

TEST_F(RenewalPlanTest, ObeysRetryAfterAndSpreadsWithinAMinute) {
  RenewalInfo info = Info(now_ + days(60));
  info.poll_after = 7h;
  std::set<Time> polls;
  for (int i = 0; i < 20; ++i) {
    const auto poll = After(FirstPlan(subject_, now_, random_), info, now_).next_poll;
    ASSERT_THAT(poll, Optional(AllOf(Ge(now_ + 7h), Lt(now_ + 7h + 1min))));
    polls.insert(*poll);
  }
  EXPECT_THAT(polls, SizeIs(20));
}

// RFC 9773 §4.3.3.
TEST_F(RenewalPlanTest, LongTermErrorsAreAskedAgainAfterSixHours) {
  const RenewalPlan plan = After(FirstPlan(subject_, now_, random_), Info(now_ + days(60)), now_);
  for (const Reason reason : {Reason::kNotFound, Reason::kCaRejected, Reason::kCaBadAnswer}) {
    const RenewalPlan next = After(plan, Error(reason, "no"), now_);
    EXPECT_THAT(next.next_poll, Optional(AllOf(Ge(now_ + 6h), Lt(now_ + 6h + 1min))));
    EXPECT_EQ(next.chosen, plan.chosen) << "an error moves no renewal";
    EXPECT_EQ(next.window, plan.window);
    EXPECT_EQ(next.failures, 0);
  }
}

TEST_F(RenewalPlanTest, TemporaryErrorsBackOffAndBecomeLongTerm) {
  RenewalPlan plan = FirstPlan(subject_, now_, random_);
  const Reason reasons[] = {Reason::kCaUnavailable, Reason::kOutcomeUnknown, Reason::kCaRateLimited,
                            Reason::kCaUnavailable, Reason::kCaUnavailable};
  microseconds most = 2min;
  for (const Reason reason : reasons) {
    plan = After(plan, Error(reason, "later"), now_);
    EXPECT_THAT(plan.next_poll, Optional(AllOf(Ge(now_ + most / 2), Le(now_ + most + 1min))));
    most *= 2;
  }
  for (int i = 0; i < 3; ++i) {
    plan = After(plan, Error(Reason::kCaUnavailable, "still"), now_);
    EXPECT_THAT(plan.next_poll, Optional(Ge(now_ + 6h)));
  }
  plan = After(plan, Info(now_ + days(60)), now_);
  EXPECT_EQ(plan.failures, 0);
  plan = After(plan, Error(Reason::kCaUnavailable, "again"), now_);
  EXPECT_THAT(plan.next_poll, Optional(Le(now_ + 3min))) << "a success ends the series";
}

TEST_F(RenewalPlanTest, ATemporaryErrorsRetryAfterIsObeyedWithinBounds) {
  const auto poll = [this](std::chrono::seconds retry_after) {
    return *After(FirstPlan(subject_, now_, random_),
                  Error(Reason::kCaUnavailable, "busy").RetryAfter(retry_after), now_)
                .next_poll -
           now_;
  };
  EXPECT_THAT(poll(3h), AllOf(Ge(3h), Lt(3h + 1min)));
  EXPECT_THAT(poll(87'600h), AllOf(Ge(24h), Lt(24h + 1min)));
  EXPECT_THAT(poll(1s), AllOf(Ge(1min), Le(3min)));
}

// RFC 9773 §4.3; tR8.
TEST_F(RenewalPlanTest, NeitherExpiredNorReplacedCertificatesArePolled) {
  const RenewalPlan plan = FirstPlan(subject_, now_, random_);
  const Time late = subject_.not_after - 1h;
  EXPECT_EQ(After(plan, Info(now_ + days(60)), late).next_poll, std::nullopt);
  EXPECT_EQ(After(plan, Error(Reason::kNotFound, "no"), late).next_poll, std::nullopt);
  EXPECT_NE(After(plan, Error(Reason::kCaUnavailable, "no"), late).next_poll, std::nullopt);
  subject_.replaced = true;
  EXPECT_EQ(After(plan, Info(now_ + days(60)), now_).next_poll, std::nullopt);
  EXPECT_EQ(FirstPlan(subject_, now_, random_).next_poll, std::nullopt);
}

// tR7: cert-manager#8993 renewed five times in ten seconds with its predecessor's window.
TEST_F(RenewalPlanTest, APredecessorsPlanSaysNothingOfItsSuccessor) {
  const RenewalPlan urged = After(FirstPlan(subject_, now_, random_), Info(now_ - 2h, 1h), now_);
  ASSERT_EQ(UrgencyOf(urged, subject_, now_), RenewalUrgency::kDue);

  subject_ = {"aki.successor", now_ - 1h, now_ - 1h + days(90)};
  const RenewalPlan plan = After(urged, Error(Reason::kCaUnavailable, "no"), now_);
  EXPECT_EQ(plan.certificate_id, "aki.successor");
  EXPECT_EQ(plan.source, WindowSource::kLifetime);
  EXPECT_EQ(UrgencyOf(plan, subject_, now_), RenewalUrgency::kNotDue);

  // Without identifiers the lifetimes tell them apart.
  RenewalSubject nameless{"", now_ - days(80), now_ + days(10)};
  const RenewalPlan old = FirstPlan(nameless, now_, random_);
  nameless = {"", now_, now_ + days(90)};
  const RenewalPlan fresh = NextPlan(old, nameless, Error(Reason::kNotFound, "no"), now_, random_);
  EXPECT_EQ(UrgencyOf(fresh, nameless, now_), RenewalUrgency::kNotDue);
}

}  // namespace
}  // namespace certbroker::acme
