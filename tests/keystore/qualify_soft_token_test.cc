// A qualification of SoftHSM2 as the service's user sees it. On other modules:
// qualification_test.cc, tests/cli/keystore_qualify_test.cc.
#include "keystore/qualification.h"
#include "tests/support/keystore_fixture.h"

namespace certbroker::keystore {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class QualifySoftTokenTest : public KeystoreFixture {
 protected:
  Result<QualificationReport> TryQualify() {
    QualificationOptions options;
    options.module = FaultModule::path();
    options.token_label = std::string(SoftToken::kLabel);
    options.pin_file = token_.pin_file();
    options.measured = std::chrono::milliseconds(5);
    return Qualify(options, {});
  }
  static std::string SaidOf(const QualificationReport& report, std::string_view step) {
    for (const Finding& finding : report.findings) {
      if (finding.step == step) {
        return std::string(ToString(finding.verdict)) + ": " + finding.seen;
      }
    }
    return "-";
  }
};

// The store of a running service is one that its user cannot write.
TEST_F(QualifySoftTokenTest, GoesOnWithTheKeysThatAreThereWhereItCannotWrite) {
  token_.Provision({"main"});
  token_.MakeReadOnly();
  const auto report = TryQualify();
  token_.MakeWritable();
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->CanRun());
  EXPECT_FALSE(report->makes_keys);
  EXPECT_THAT(report->algorithms, ElementsAre(KeyKind::kEcP256));
  EXPECT_THAT(SaidOf(*report, "adopt ES256"), HasSubstr("works: the key 'main'"));
  EXPECT_THAT(SaidOf(*report, "second login"), HasSubstr("limited: C_Login"));
  EXPECT_THAT(SaidOf(*report, "starting over"), HasSubstr("works"));
}

TEST_F(QualifySoftTokenTest, LeavesTheTokenAsItWas) {
  token_.Provision({"main"});
  const std::string before = token_.Pkcs11Tool("--list-objects").output;
  ASSERT_THAT(TryQualify(), IsOk());
  EXPECT_EQ(token_.Pkcs11Tool("--list-objects").output, before);
}

TEST_F(QualifySoftTokenTest, OffersAPinOncePerRun) {
  token_.Provision({"main"});
  faults_.Set("C_Login 0xa4 -1 0");
  EXPECT_THAT(TryQualify(), IsError(Reason::kHsmPinRefused, HasSubstr("CKR_PIN_LOCKED")));
  const long logins = faults_.Calls("C_Login");
  token_.WritePin("a wrong one");
  faults_.Set("");
  EXPECT_THAT(TryQualify(), IsError(Reason::kHsmPinRefused));
  EXPECT_EQ(faults_.Calls("C_Login"), logins + 1);
}

TEST_F(QualifySoftTokenTest, MissesAToken) {
  EXPECT_THAT(TryQualify(), IsError(Reason::kHsmUnavailable, HasSubstr("is not there")));
}

// What is made before a call fails is removed by the end.
TEST_F(QualifySoftTokenTest, RemovesWhatItMadeWhenTheTokenFailsHalfWay) {
  token_.Provision({"main"});
  const std::string before = token_.Pkcs11Tool("--list-objects").output;
  faults_.Set("C_SignInit 0x30 -1 0");
  const auto report = TryQualify();
  ASSERT_THAT(report, IsOk());
  EXPECT_FALSE(report->CanRun());
  EXPECT_TRUE(report->clean);
  EXPECT_EQ(token_.Pkcs11Tool("--list-objects").output, before);
}

}  // namespace
}  // namespace certbroker::keystore
