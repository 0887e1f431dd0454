#include "service/rpc/refusal_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_clock.h"

namespace certbroker::rpc {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(RefusalLogTest, SaysWhoWasRefusedAndWhyAtMostOnceASecond) {
  FakeClock clock;
  CaptureLog log;
  RefusalLog refusals(clock, log);
  const Error why(Reason::kAgentBanned, "an operator has banned web-01");

  for (int i = 0; i < 1000; ++i) refusals.Note("ipv4:192.0.2.7:4711", why);
  EXPECT_THAT(log.lines(), ElementsAre(AllOf(HasSubstr("peer_refused"), HasSubstr("192.0.2.7"),
                                             HasSubstr("AGENT_BANNED"))));

  clock.Advance(std::chrono::seconds{2});
  refusals.Note("ipv4:192.0.2.7:4711", why);
  ASSERT_THAT(log.lines(), SizeIs(2));
  EXPECT_THAT(log.lines()[1], HasSubstr("999"));
}

}  // namespace
}  // namespace certbroker::rpc
