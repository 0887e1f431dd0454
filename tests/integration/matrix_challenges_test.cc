// The challenges that few CAs offer: dns-account-01 and dns-persist-01.
#include <fmt/format.h>

#include "tests/integration/matrix.h"

namespace certbroker {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class MatrixChallengeTest : public MatrixTest {
 protected:
  void SetUp() override {
    if (!Offers(Ca("newest"), "/meta/profiles")) GTEST_SKIP() << "this Pebble is too old";
  }
  // "dns-account-01 by-account"
  std::string ProvenBy(const std::string& name) const {
    const json order = OrderFor({name});
    if (order.value("authorizations", json::array()).empty()) return "nothing: " + order.dump(2);
    const json& one = order["authorizations"][0];
    return one.value("challenge_type", "") + " " + one.value("solver", "");
  }
};

TEST_F(MatrixChallengeTest, ARecordUnderTheAccountsOwnLabelProvesAName) {
  const CertificateFolder folder;
  const ProgramResult issued = IssueUnaided("newest", "app.account.test", folder);
  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_EQ(ProvenBy("app.account.test"), "dns-account-01 by-account");
}

TEST_F(MatrixChallengeTest, ARecordThatStaysProvesANameAgainAndAgain) {
  const std::string ca = Ca("newest").Directory()["meta"]["caaIdentities"][0];
  const std::string account =
      stack().Query("SELECT account_url FROM accounts WHERE name = 'issuers/newest/accounts/main'");
  Record("set-txt", {{"host", "_validation-persist.app.persist.test."},
                     {"value", fmt::format("{}; accounturi={}", ca, account)}});
  for (int i = 0; i < 2; ++i) {
    const CertificateFolder folder;
    const ProgramResult issued = IssueUnaided("newest", "app.persist.test", folder);
    ASSERT_EQ(issued.exit_code, 0) << issued;
    EXPECT_EQ(ProvenBy("app.persist.test"), "dns-persist-01 standing");
  }
}

TEST_F(MatrixChallengeTest, WithoutItsRecordANameIsNotProven) {
  const CertificateFolder folder;
  const ProgramResult issued = IssueUnaided("newest", "bare.persist.test", folder);
  EXPECT_EQ(issued.exit_code, 1) << issued;
  EXPECT_THAT(issued.err, HasSubstr("CHALLENGE_"));
}

}  // namespace
}  // namespace certbroker
