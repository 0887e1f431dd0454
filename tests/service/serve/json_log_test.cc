#include "service/json_log.h"

#include "tests/fakes/fake_clock.h"

namespace certbroker {
namespace {

// What `write` writes to standard error.
template <class Write>
std::string Written(LogLevel least, const Write& write) {
  FakeClock clock;
  ::testing::internal::CaptureStderr();
  {
    JsonLog log(least, clock);
    write(log);
  }
  return ::testing::internal::GetCapturedStderr();
}

TEST(JsonLogTest, AnEventIsOneLineOfJson) {
  EXPECT_EQ(Written(LogLevel::kInfo,
                    [](Log& log) {
                      log.Info("order_state", {{"order", "o-1"}, {"state", "PLACED"}});
                      log.Error("broken");
                    }),
            "{\"time\":\"2026-11-21T07:30:00Z\",\"level\":\"info\",\"event\":\"order_state\","
            "\"order\":\"o-1\",\"state\":\"PLACED\"}\n"
            "{\"time\":\"2026-11-21T07:30:00Z\",\"level\":\"error\",\"event\":\"broken\"}\n");
}

TEST(JsonLogTest, WhatIsBelowTheLevelIsNotWritten) {
  const std::string text = Written(LogLevel::kWarning, [](Log& log) {
    log.Info("quiet");
    log.Warning("loud");
  });
  EXPECT_EQ(text, "{\"time\":\"2026-11-21T07:30:00Z\",\"level\":\"warning\",\"event\":\"loud\"}\n");
}

TEST(JsonLogTest, AnEmptyValueIsLeftOut) {
  EXPECT_EQ(Written(LogLevel::kInfo,
                    [](Log& log) {
                      log.Info("e", {{"error", ""}});
                    }),
            "{\"time\":\"2026-11-21T07:30:00Z\",\"level\":\"info\",\"event\":\"e\"}\n");
}

TEST(JsonLogTest, AValueCanNeitherForgeALineNorMoveACursor) {
  EXPECT_EQ(Written(LogLevel::kInfo,
                    [](Log& log) {
                      log.Info("e", {{"said", "a\"}\n{\"event\":\"forged\x1b[2J\\"}});
                    }),
            "{\"time\":\"2026-11-21T07:30:00Z\",\"level\":\"info\",\"event\":\"e\","
            "\"said\":\"a\\\"}?{\\\"event\\\":\\\"forged?[2J\\\\\"}\n");
}

TEST(JsonLogTest, ALongValueIsCut) {
  const std::string text = Written(LogLevel::kInfo, [](Log& log) {
    log.Info("e", {{"said", std::string(5'000, 'x')}});
  });
  EXPECT_LT(text.size(), 1'200U);
  EXPECT_TRUE(text.ends_with("x…\"}\n")) << text;
}

// A pattern of the library below must not be expanded.
TEST(JsonLogTest, BracesAndPercentSignsStayAsTheyAre) {
  const std::string text = Written(LogLevel::kInfo, [](Log& log) {
    log.Info("e", {{"said", "{} {0} %v %%"}});
  });
  EXPECT_NE(text.find("\"said\":\"{} {0} %v %%\"}\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace certbroker
