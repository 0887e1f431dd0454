// An order that may go to a second issuer moves on when the first one is not to be had.
#include "tests/integration/api_order.h"
#include "tests/integration/matrix.h"

namespace certbroker {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class MatrixFallbackTest : public MatrixTest {
 protected:
  json OrderWithSecondIssuer(const std::string& name) const {
    return OrderOverApi(stack(),
                        {.names = {name}, .issuer = "scripted", .fallback_issuers = {"newest"}});
  }
  static void IsOfTheSecondIssuer(const json& order) {
    EXPECT_EQ(order["state"], "ORDER_STATE_ISSUED") << order.dump(2);
    EXPECT_EQ(order["issuer"], "issuers/newest");
    EXPECT_EQ(order["account"], "issuers/newest/accounts/main");
    EXPECT_EQ(order["attempt"], 1);
    EXPECT_THAT(HistoryOf(order),
                AllOf(HasSubstr("issuer scripted did not do it"), HasSubstr("trying newest")));
  }
};

TEST_F(MatrixFallbackTest, AUsedUpQuotaSendsTheOrderOn) {
  matrix_.scripted().Follow(
      json::array({{{"endpoint", "new-order"},
                    {"action", {{"rate_limited", "seconds"}, {"retry_after", 600}}}}}));
  IsOfTheSecondIssuer(OrderWithSecondIssuer("limited.dns.test"));
}

TEST_F(MatrixFallbackTest, ACaThatIsDownSendsTheOrderOn) {
  matrix_.scripted().Follow(
      json::array({{{"endpoint", "new-order"}, {"times", 0}, {"action", {{"html", 503}}}}}));
  IsOfTheSecondIssuer(OrderWithSecondIssuer("down.dns.test"));
}

TEST_F(MatrixFallbackTest, ARefusedNameSendsTheOrderOn) {
  matrix_.scripted().Follow(json::array(
      {{{"endpoint", "new-order"},
        {"action",
         {{"problem",
           {{"status", 400}, {"type", "rejectedIdentifier"}, {"detail", "not here"}}}}}}}));
  IsOfTheSecondIssuer(OrderWithSecondIssuer("refused.dns.test"));
}

TEST_F(MatrixFallbackTest, AHostNamesTheSecondIssuerItself) {
  matrix_.scripted().Follow(
      json::array({{{"endpoint", "new-order"}, {"times", 0}, {"action", {{"html", 503}}}}}));
  const CertificateFolder folder;
  const ProgramResult issued =
      stack().Agent(0, {"issue", "host.dns.test", "--issuer", "scripted", "--fallback-issuer",
                        "newest", "--roots", Ca("newest").roots(), "--out", folder.path()});
  ASSERT_EQ(issued.exit_code, 0) << issued;
  IsOfTheSecondIssuer(OrderFor({"host.dns.test"}));
}

TEST_F(MatrixFallbackTest, AFallbackIssuerGoesWithAnIssuer) {
  const CertificateFolder folder;
  const ProgramResult refused = stack().Agent(
      0, {"issue", "nowhere.dns.test", "--fallback-issuer", "newest", "--out", folder.path()});
  EXPECT_EQ(refused.exit_code, 1) << refused;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("fallback issuers go")));
}

TEST_F(MatrixFallbackTest, TheFirstIssuerThatWorksKeepsTheOrder) {
  matrix_.scripted().Follow(json::array());
  const json order = OrderWithSecondIssuer("first.dns.test");
  EXPECT_EQ(order["state"], "ORDER_STATE_ISSUED") << order.dump(2);
  EXPECT_EQ(order["issuer"], "issuers/scripted");
  EXPECT_EQ(order["attempt"], 0);
}

}  // namespace
}  // namespace certbroker
