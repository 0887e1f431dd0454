// Renewal information (RFC 9773) of a CA that has it: the window is shown, and so is the one that
// the CA puts in its place; a renewal says what it replaces.
#include <thread>

#include <fmt/format.h>

#include "core/clock.h"
#include "service/dev/text_file.h"
#include "tests/integration/matrix.h"

namespace certbroker {
namespace {

using nlohmann::json;
using std::chrono::hours;
using ::testing::HasSubstr;

class MatrixRenewalTest : public MatrixTest {
 protected:
  void SetUp() override {
    if (!Offers(Ca("newest"), "/renewalInfo")) GTEST_SKIP() << "this Pebble has none";
  }

  // The plan of the certificate once it satisfies `done`, or as it is after 20 s.
  template <class Done>
  json PlanOnce(const std::string& name, const Done& done) const {
    json plan;
    for (int i = 0; i < 200; ++i) {
      const json certificate = CertificateFor(name);
      plan = certificate["current"].value("renewal", json::object());
      if (done(plan)) break;
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    return plan;
  }
  json PlanOfTheCa(const std::string& name) const {
    return PlanOnce(name, [](const json& plan) { return plan.value("source", "") == "CA"; });
  }
  // As when the Retry-After of the CA, six hours, is over.
  void LetPollBeDue(const std::string& name) const {
    stack().Query(fmt::format(
        "UPDATE renewals SET next_attempt_at = clock_timestamp() FROM certificate_versions v "
        "WHERE v.order_id = renewals.order_id AND v.names = '{{{}}}' AND NOT ended",
        name));
  }
};

TEST_F(MatrixRenewalTest, TheWindowOfTheCaIsShown) {
  const CertificateFolder folder;
  ASSERT_EQ(Issue("newest", {"window.matrix.test"}, folder).exit_code, 0);

  const json plan = PlanOfTheCa("window.matrix.test");

  EXPECT_EQ(plan["source"], "CA") << plan;
  EXPECT_LT(plan["window_start_time"], plan["window_end_time"]);
  EXPECT_LE(plan["window_start_time"], plan["renew_time"]);
  EXPECT_LE(plan["renew_time"], plan["window_end_time"]);
  EXPECT_GT(plan["next_poll_time"], FormatRfc3339(SystemClock().Now() + hours{5}));
}

// tR2, tR8: how a CA calls certificates back.
TEST_F(MatrixRenewalTest, AWindowThatTheCaMovesIsShownWithItsReason) {
  const CertificateFolder folder;
  ASSERT_EQ(Issue("newest", {"moved.matrix.test"}, folder).exit_code, 0);
  ASSERT_EQ(PlanOfTheCa("moved.matrix.test")["source"], "CA");
  const auto pem = dev::ReadFile(folder.file("cert.pem"));
  ASSERT_TRUE(pem.has_value());
  const Time now = SystemClock().Now();
  Ca("newest").SetRenewalInfo(
      *pem, {{"suggestedWindow",
              {{"start", FormatRfc3339(now - hours{2})}, {"end", FormatRfc3339(now - hours{1})}}},
             {"explanationURL", "https://ca.example/incident"}});
  LetPollBeDue("moved.matrix.test");

  const json plan = PlanOnce("moved.matrix.test", [](const json& seen) {
    return seen.value("explanation_url", "") == "https://ca.example/incident";
  });

  EXPECT_EQ(plan["explanation_url"], "https://ca.example/incident") << plan;
  EXPECT_EQ(plan["window_end_time"].get<std::string>().substr(0, 19),
            FormatRfc3339(now - hours{1}).substr(0, 19));
  EXPECT_LE(plan["renew_time"], FormatRfc3339(SystemClock().Now())) << "now, that is";
}

TEST_F(MatrixRenewalTest, ARenewalSaysWhatItReplacesAndTheCaConfirms) {
  const CertificateFolder folder;
  ASSERT_EQ(Issue("newest", {"replaced.matrix.test"}, folder).exit_code, 0);
  const std::string id = stack().Query(
      "SELECT renewal_id FROM certificate_versions WHERE names = '{replaced.matrix.test}'");

  const ProgramResult renewed = Renew("newest", folder);

  ASSERT_EQ(renewed.exit_code, 0) << renewed;
  EXPECT_NE(id, "");
  EXPECT_EQ(OrderFor({"replaced.matrix.test"})["replaces"], id);
  EXPECT_GE(Ca("newest").Logged("is a replacement of"), 1);
}

// tR5.
TEST_F(MatrixRenewalTest, WhatWasReplacedAlreadyIsOrderedWithoutSayingSo) {
  const std::string names = "'{twice.matrix.test}'";
  const CertificateFolder folder;
  ASSERT_EQ(Issue("newest", {"twice.matrix.test"}, folder).exit_code, 0);
  ASSERT_EQ(Renew("newest", folder).exit_code, 0);
  // As after a database was restored that does not know of the renewal: the next one will claim to
  // replace the certificate that was replaced.
  stack().Query(fmt::format(
      "SET session_replication_role = replica; UPDATE certificate_versions SET renewal_id = "
      "(SELECT "
      "renewal_id FROM certificate_versions WHERE names = {0} ORDER BY position LIMIT 1) WHERE "
      "names = {0}",
      names));

  const ProgramResult renewed = Renew("newest", folder);

  ASSERT_EQ(renewed.exit_code, 0) << renewed;
  const json order = OrderFor({"twice.matrix.test"});
  EXPECT_EQ(order["replaces"], "");
  EXPECT_THAT(HistoryOf(order), HasSubstr("without naming the certificate it replaces"));
  const std::string id = order["name"].get<std::string>().substr(7);
  EXPECT_EQ(stack().Query("SELECT string_agg(http_status::text, ',' ORDER BY i.id) FROM intents i "
                          "JOIN facts f ON f.intent_id = i.id WHERE action = 'newOrder' AND "
                          "order_id = '" +
                          id + "'"),
            "409,201");
}

}  // namespace
}  // namespace certbroker
