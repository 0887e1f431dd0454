// What a CA wants besides proofs, and what it does not want: external accounts, profiles, names,
// CAA.
#include "tests/integration/api_order.h"
#include "tests/integration/matrix.h"

namespace certbroker {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class MatrixRefusalTest : public MatrixTest {
 protected:
  // How long the certificate in the folder is valid, in days.
  static int Days(const CertificateFolder& folder) {
    const auto seconds = [&](const std::string& option) {
      const std::string line = folder.OpensslSays({option});
      const std::string date = line.substr(line.find('=') + 1);
      return std::stol(RunProgram("date", {"-d", date.substr(0, date.find('\n')), "+%s"}).out);
    };
    return static_cast<int>((seconds("-enddate") - seconds("-startdate") + 43'200) / 86'400);
  }
};

// tJ6, RFC 8555 §7.3.4.
TEST_F(MatrixRefusalTest, AnAccountWithoutTheBindingIsRefusedWithWhatToDo) {
  const ProgramResult refused = matrix_.CreateAccount("unbound");
  EXPECT_EQ(refused.exit_code, 1) << refused;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("CA_EAB_REQUIRED"), HasSubstr("eab_key_id"),
                                 HasSubstr("eab_mac_key_file")));
}

TEST_F(MatrixRefusalTest, AnAccountWithTheBindingIssues) {
  const CertificateFolder folder;
  const ProgramResult issued = Issue("bound", {"customer.matrix.test"}, folder);
  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_EQ(Ca("bound").StatusOf(folder.serial()), "Valid");
}

TEST_F(MatrixRefusalTest, AProfileDecidesHowLongTheCertificateLives) {
  if (!Offers(Ca("newest"), "/meta/profiles")) GTEST_SKIP() << "this Pebble has no profiles";
  const CertificateFolder folder;
  ASSERT_EQ(Issue("newest", {"days.matrix.test"}, folder, {"--profile", "default"}).exit_code, 0);
  EXPECT_EQ(Days(folder), 90);
  const CertificateFolder other;
  const ProgramResult issued =
      Issue("newest", {"days.matrix.test"}, other, {"--profile", "shortlived"});
  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_EQ(Days(other), 6);
}

TEST_F(MatrixRefusalTest, WithoutAProfileTheCaChooses) {
  const CertificateFolder folder;
  const ProgramResult issued = Issue("newest", {"any.matrix.test"}, folder);
  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(Days(folder), AnyOf(6, 90));
}

TEST_F(MatrixRefusalTest, AProfileThatTheCaDoesNotHaveIsRefused) {
  if (!Offers(Ca("newest"), "/meta/profiles")) GTEST_SKIP() << "this Pebble has no profiles";
  const CertificateFolder folder;
  const ProgramResult refused =
      Issue("newest", {"unheard-of.matrix.test"}, folder, {"--profile", "unheard-of"});
  EXPECT_EQ(refused.exit_code, 1) << refused;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("CA_PROFILE_REFUSED"), HasSubstr("unheard-of")));
}

TEST_F(MatrixRefusalTest, AProfileThatWasOnlyPreferredGivesWay) {
  if (!Offers(Ca("newest"), "/meta/profiles")) GTEST_SKIP() << "this Pebble has no profiles";
  const json order = OrderOverApi(stack(), {.names = {"preferred.dns.test"},
                                            .issuer = "newest",
                                            .profile = "unheard-of",
                                            .profile_preferred = true});
  EXPECT_EQ(order["state"], "ORDER_STATE_ISSUED") << order.dump(2);
  EXPECT_EQ(order["profile"], "");
  EXPECT_THAT(HistoryOf(order), HasSubstr("the CA has no profile unheard-of"));
}

TEST_F(MatrixRefusalTest, ANameOnTheBlockListIsNamed) {
  const CertificateFolder folder;
  const ProgramResult refused = Issue("bound", {"blocked.matrix.test", "fine.matrix.test"}, folder);
  EXPECT_EQ(refused.exit_code, 1) << refused;
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("CA_REJECTED_IDENTIFIER"), HasSubstr("blocked.matrix.test")));
}

// tD3, RFC 8659. Pebble does not look, so that what refuses is certbroker.
TEST_F(MatrixRefusalTest, ANameThatCaaForbidsIsNeverOrdered) {
  if (!Offers(Ca("newest"), "/meta/caaIdentities")) GTEST_SKIP() << "this Pebble has no CAA name";
  Record("add-caa", {{"host", "forbids.matrix.test."},
                     {"policies", {{{"tag", "issue"}, {"value", "another-ca.example"}}}}});
  const int orders = Ca("newest").Logged("POST /order-plz");
  const CertificateFolder folder;

  const ProgramResult refused = Issue("newest", {"www.forbids.matrix.test"}, folder);

  EXPECT_EQ(refused.exit_code, 1) << refused;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("CA_CAA_FORBIDS"), HasSubstr("another-ca.example")));
  EXPECT_EQ(Ca("newest").Logged("POST /order-plz"), orders);
}

TEST_F(MatrixRefusalTest, ANameThatCaaPermitsIsIssued) {
  if (!Offers(Ca("newest"), "/meta/caaIdentities")) GTEST_SKIP() << "this Pebble has no CAA name";
  const std::string ca = Ca("newest").Directory()["meta"]["caaIdentities"][0];
  Record("add-caa", {{"host", "permits.matrix.test."},
                     {"policies",
                      {{{"tag", "issue"}, {"value", "another-ca.example"}},
                       {{"tag", "issue"}, {"value", ca + "; validationmethods=http-01"}}}}});
  const CertificateFolder folder;
  const ProgramResult issued = Issue("newest", {"permits.matrix.test"}, folder);
  ASSERT_EQ(issued.exit_code, 0) << issued;
  EXPECT_THAT(HistoryOf(OrderFor({"permits.matrix.test"})), Not(HasSubstr("CAA")));
}

}  // namespace
}  // namespace certbroker
