// What a qualification makes of tokens that are not as they should be. On real modules:
// tests/cli/keystore_qualify_test.cc.
#include "keystore/qualification_run.h"
#include "tests/keystore/odd_module.h"
#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class QualificationTest : public ::testing::Test {
 protected:
  Result<QualificationReport> TryQualify() {
    const auto restart = [this]() -> Result<CK_SLOT_ID> {
      module_.Restart();
      return OddModule::kSlot;
    };
    TokenBench bench(module_.functions(), OddModule::kSlot, Secret(std::string(OddModule::kPin)),
                     restart);
    return QualifyToken(bench, {.sessions = 4, .measured = std::chrono::milliseconds(5)}, watch_);
  }
  QualificationReport Qualify() {
    auto report = TryQualify();
    EXPECT_THAT(report, IsOk());
    EXPECT_EQ(module_.sessions(), 0U) << "no session is left open";
    return *std::move(report);
  }
  // "verdict: seen; meaning" of a step; "-" when there was no such step.
  static std::string Said(const QualificationReport& report, std::string_view step) {
    for (const Finding& finding : report.findings) {
      if (finding.step != step) continue;
      return std::string(ToString(finding.verdict)) + ": " + finding.seen + "; " + finding.meaning;
    }
    return "-";
  }

  OddModule module_;
  QualificationWatch watch_;
};

TEST_F(QualificationTest, FindsNothingWrongWithAGoodToken) {
  const QualificationReport report = Qualify();
  EXPECT_TRUE(report.CanRun());
  EXPECT_TRUE(report.makes_keys);
  EXPECT_TRUE(report.clean);
  EXPECT_THAT(report.algorithms, ElementsAre(KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kRsa2048,
                                             KeyKind::kRsa3072));
  for (const Finding& finding : report.findings) {
    EXPECT_TRUE(finding.verdict == Verdict::kWorks || finding.verdict == Verdict::kFact)
        << finding.step << ": " << finding.seen;
  }
  EXPECT_EQ(module_.generated(), 4);
  EXPECT_EQ(module_.objects(), 0U);
  EXPECT_THAT(Said(report, "clean-up"), HasSubstr("removed 4 key pairs"));
}

TEST_F(QualificationTest, RunsOnRsaWhereThereIsNothingElse) {
  module_.rsa_only = true;
  const QualificationReport report = Qualify();
  EXPECT_TRUE(report.CanRun());
  EXPECT_THAT(report.algorithms, ElementsAre(KeyKind::kRsa2048, KeyKind::kRsa3072));
  EXPECT_THAT(Said(report, "mechanism CKM_ECDSA"), HasSubstr("fails: CKR_MECHANISM_INVALID"));
  EXPECT_THAT(Said(report, "generate ES256"),
              AllOf(HasSubstr("fails: "), HasSubstr("--algorithm")));
  EXPECT_THAT(Said(report, "signing at once"), HasSubstr("works: 100 signatures by 4 threads"));
}

TEST_F(QualificationTest, SaysWhichFallbackGenerationTook) {
  module_.takes_decrypt_false = false;
  const QualificationReport report = Qualify();
  EXPECT_TRUE(report.CanRun());
  EXPECT_THAT(Said(report, "generate ES256"),
              AllOf(HasSubstr("limited: only without CKA_DECRYPT=false"),
                    HasSubstr("CKR_TEMPLATE_INCONSISTENT")));
  EXPECT_EQ(module_.objects(), 0U);
}

TEST_F(QualificationTest, RemarksThatTheTokenDoesNotSayItMadeTheKey) {
  module_.says_local = false;
  const QualificationReport report = Qualify();
  EXPECT_TRUE(report.CanRun());
  EXPECT_THAT(Said(report, "attributes ES256"),
              AllOf(HasSubstr("limited: "), HasSubstr("CKA_LOCAL is false")));
}

TEST_F(QualificationTest, RefusesATokenWhoseKeysCouldLeave) {
  module_.extractable = true;
  const QualificationReport report = Qualify();
  EXPECT_FALSE(report.CanRun());
  EXPECT_THAT(Said(report, "attributes ES256"),
              HasSubstr("fails: CKA_EXTRACTABLE is true, must be false"));
  EXPECT_EQ(module_.objects(), 0U) << "cleaned up all the same";
}

TEST_F(QualificationTest, NeedsTwoSessions) {
  module_.session_limit = 1;
  const QualificationReport report = Qualify();
  EXPECT_FALSE(report.CanRun());
  EXPECT_THAT(Said(report, "second session"),
              AllOf(HasSubstr("fails: C_OpenSession answered CKR_SESSION_COUNT"),
                    HasSubstr("it needs two")));
  EXPECT_THAT(Said(report, "sign ES256"), HasSubstr("works")) << "the rest is told all the same";
  EXPECT_EQ(module_.objects(), 0U);
}

TEST_F(QualificationTest, SaysHowManySessionsThereAre) {
  module_.session_limit = 5;
  const QualificationReport report = Qualify();
  EXPECT_TRUE(report.CanRun());
  EXPECT_THAT(Said(report, "sessions at once"),
              HasSubstr("limited: 3 open besides the two in use; then CKR_SESSION_COUNT"));
}

TEST_F(QualificationTest, SaysThatAReadOnlyTokenMakesNoKeys) {
  module_.read_only = true;
  const QualificationReport report = Qualify();
  EXPECT_FALSE(report.CanRun());
  EXPECT_FALSE(report.makes_keys);
  EXPECT_THAT(Said(report, "generate"),
              AllOf(HasSubstr("read-only for us"), HasSubstr("CKR_TOKEN_WRITE_PROTECTED"),
                    HasSubstr("adopt")));
  EXPECT_EQ(module_.generated(), 0);
}

TEST_F(QualificationTest, GoesOnWithAKeyOfTheHsmsOwnTool) {
  module_.read_only = true;
  module_.AddKey("made-elsewhere", {1, 2});
  const QualificationReport report = Qualify();
  EXPECT_TRUE(report.CanRun());
  EXPECT_THAT(report.algorithms, ElementsAre(KeyKind::kEcP256));
  EXPECT_THAT(Said(report, "adopt ES256"), HasSubstr("works: the key 'made-elsewhere'"));
  EXPECT_EQ(module_.objects(), 2U) << "other people's keys are left alone";
}

TEST_F(QualificationTest, TellsAWrongSignature) {
  module_.signs_wrong = true;
  const QualificationReport report = Qualify();
  EXPECT_FALSE(report.CanRun());
  EXPECT_THAT(Said(report, "sign ES256"), HasSubstr("fails: "));
  EXPECT_THAT(Said(report, "sign RS256"), HasSubstr("does not verify"));
}

TEST_F(QualificationTest, TellsAHandleThatNamesAnotherKeyAfterARestart) {
  module_.renumbers = true;
  const QualificationReport report = Qualify();
  EXPECT_TRUE(report.CanRun());
  EXPECT_THAT(Said(report, "starting over"), HasSubstr("works: "));
  EXPECT_THAT(Said(report, "old handles"), AllOf(HasSubstr("fact: "), HasSubstr("now names")));
}

TEST_F(QualificationTest, TakesATokenThatLogsInOncePerStart) {
  module_.second_login = false;
  const QualificationReport report = Qualify();
  EXPECT_TRUE(report.CanRun());
  EXPECT_THAT(Said(report, "second login"),
              AllOf(HasSubstr("limited: C_Login answered CKR_GENERAL_ERROR"),
                    HasSubstr("starts the module over")));
  EXPECT_THAT(Said(report, "starting over"), HasSubstr("works"));
  EXPECT_EQ(module_.objects(), 0U);
}

TEST_F(QualificationTest, OffersARefusedPinOnce) {
  module_.pin = "another pin";
  EXPECT_THAT(TryQualify(), IsError(Reason::kHsmPinRefused, HasSubstr("CKR_PIN_INCORRECT")));
  EXPECT_EQ(module_.logins(), 1);
}

// Somebody changes the PIN meanwhile.
TEST_F(QualificationTest, OffersAPinThatCameToBeRefusedOnce) {
  int logins_with_good_pin = 0;
  watch_.found = [&](const Finding& finding) {
    if (finding.step != "signing at once") return;
    module_.pin = "another pin";
    logins_with_good_pin = module_.logins();
  };
  const QualificationReport report = Qualify();
  EXPECT_THAT(Said(report, "second login"), HasSubstr("CKR_PIN_INCORRECT"));
  EXPECT_THAT(Said(report, "starting over"), HasSubstr("not offered again"));
  EXPECT_EQ(module_.logins(), logins_with_good_pin + 1);
  EXPECT_FALSE(report.clean);
  EXPECT_THAT(Said(report, "clean-up"), AllOf(HasSubstr("fails: "), HasSubstr("by hand")));
}

TEST_F(QualificationTest, DoesWithoutAnRngAndWithoutReadOnlySessions) {
  module_.has_random = false;
  module_.has_read_only_sessions = false;
  const QualificationReport report = Qualify();
  EXPECT_TRUE(report.CanRun());
  EXPECT_THAT(Said(report, "read-only sessions"), HasSubstr("limited: "));
}

TEST_F(QualificationTest, RemovesWhatItMadeWhenItIsInterrupted) {
  int asked = 0;
  watch_.stop = [&asked] { return ++asked > 5; };
  const QualificationReport report = Qualify();
  EXPECT_TRUE(report.interrupted);
  EXPECT_FALSE(report.CanRun());
  EXPECT_GT(module_.generated(), 0);
  EXPECT_LT(module_.generated(), 4);
  EXPECT_EQ(module_.objects(), 0U);
}

TEST_F(QualificationTest, RemovesWhatAKilledOneHasLeftAndNothingElse) {
  module_.AddKey("certbroker-qualify-ES256", Bytes(16, 9));
  module_.AddKey("certbroker-qualify-not", {1});  // not an id of ours
  module_.AddKey("main", Bytes(16, 8));
  const QualificationReport report = Qualify();
  EXPECT_THAT(Said(report, "left-overs"), HasSubstr("fact: removed 1 key pair that an earlier"));
  EXPECT_TRUE(report.clean);
  EXPECT_EQ(module_.objects(), 4U);
}

TEST_F(QualificationTest, SaysWhatItCouldNotRemove) {
  module_.keeps_destroyed = true;
  const QualificationReport report = Qualify();
  EXPECT_FALSE(report.clean);
  EXPECT_THAT(Said(report, "clean-up"),
              AllOf(HasSubstr("fails: 4 key pairs could not be removed"),
                    HasSubstr("CKR_FUNCTION_FAILED"), HasSubstr("CKA_ID ")));
}

TEST_F(QualificationTest, ShowsNoControlCharactersOfAToken) {
  for (const Finding& finding : Qualify().findings) {
    EXPECT_THAT(finding.seen, Not(HasSubstr("\x1b"))) << finding.step;
  }
}

TEST_F(QualificationTest, LacksGenerationButCanAdopt) {
  module_.has_generation = false;
  const QualificationReport without = Qualify();
  EXPECT_FALSE(without.CanRun());
  EXPECT_THAT(without.algorithms, IsEmpty());
  EXPECT_THAT(Said(without, "mechanism CKM_EC_KEY_PAIR_GEN"), HasSubstr("adopted"));
  module_.Restart();
  module_.AddKey("vendor", {3});
  EXPECT_TRUE(Qualify().CanRun());
}

}  // namespace
}  // namespace certbroker::keystore
