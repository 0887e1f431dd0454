#include "tests/fakes/scripted_ca/management.h"

#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

using namespace std::chrono_literals;

class ManagementTest : public ScriptedCaTest {
 protected:
  void SetUp() override { Start(); }

  Response Do(const std::string& method, const std::string& path, const std::string& body = {}) {
    return management().Answer({.method = method, .target = path, .body = body});
  }
  Management management() { return Management(*ca_, moved_); }

  VirtualClock moved_;
};

TEST_F(ManagementTest, MovesTheClockOnAndBack) {
  const Time before = moved_.Now();

  EXPECT_EQ(Do("POST", "/clock", R"({"advance": 86400})").status, 200);
  EXPECT_GE(moved_.Now() - before, 24h);
  EXPECT_EQ(Do("POST", "/clock", R"({"advance": -172800})").status, 200);
  EXPECT_LT(moved_.Now(), before);
}

TEST_F(ManagementTest, SetsTheClockFromWhereItRunsOn) {
  const Response answer = Do("POST", "/clock", R"({"now": "2031-01-01T00:00:00Z"})");

  const auto told = ParseRfc3339(Json::parse(answer.body)["now"].get<std::string>());
  ASSERT_TRUE(told.has_value());
  EXPECT_GE(*told, *ParseRfc3339("2031-01-01T00:00:00Z"));
  EXPECT_GE(moved_.Now(), *told);
  EXPECT_EQ(FormatRfc3339(moved_.Now()).substr(0, 10), "2031-01-01");
}

TEST_F(ManagementTest, NeverMovesIntervalsBack) {
  const SteadyTime before = moved_.Tick();

  moved_.Advance(-1h);
  EXPECT_GE(moved_.Tick(), before);
  moved_.Advance(1h);
  EXPECT_GE(moved_.Tick() - before, 1h);
}

TEST_F(ManagementTest, RefusesABodyThatMakesNoSense) {
  for (const char* body : {"", "[]", "{}", R"({"advance": "1h"})", R"({"now": "tomorrow"})",
                           R"({"advance": 1, "now": "2031-01-01T00:00:00Z"})", R"({"later": 1})"}) {
    const Response answer = Do("POST", "/clock", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_TRUE(Json::parse(answer.body).contains("error")) << body;
  }
}

TEST_F(ManagementTest, AddsRulesAndForgetsThem) {
  EXPECT_EQ(Do("POST", "/rules",
               R"([{"endpoint": "new-order", "times": 0, "action": {"bad_nonce": true}}])")
                .status,
            200);
  EXPECT_EQ(client_->NewOrder({"a.example.com"}).problem(), "badNonce");
  EXPECT_EQ(Do("POST", "/rules", R"([{"endpoint": "nowhere"}])").status, 400);

  EXPECT_EQ(Do("DELETE", "/rules").status, 200);
  EXPECT_EQ(client_->NewOrder({"a.example.com"}).status, 201);
}

TEST_F(ManagementTest, ReportsWhatTheCaHasSeen) {
  client_->NewOrder({"a.example.com"});

  const Json report = Json::parse(Do("GET", "/report").body);

  EXPECT_EQ(report["orders"], 1);
  EXPECT_EQ(report["requests"]["new-order"]["requests"], 1);
}

TEST_F(ManagementTest, KnowsItsPathsAndMethods) {
  EXPECT_EQ(Do("GET", "/").status, 404);
  EXPECT_EQ(Do("POST", "/report").status, 405);
  EXPECT_EQ(Do("GET", "/rules").status, 405);
  EXPECT_EQ(Do("DELETE", "/clock").status, 405);
}

}  // namespace
}  // namespace certbroker::scripted_ca
