#include "agent/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace certbroker::agent {
namespace {

using ::testing::ExitedWithCode;

// In a process of its own: the signals of the test program stay as they are.
class InterruptDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

void SignalAndWait(const Interrupt& interrupt) {
  std::promise<void> stopped;
  const std::stop_callback told(interrupt.token(), [&] { stopped.set_value(); });
  ::kill(::getpid(), SIGINT);
  stopped.get_future().wait();
}

TEST_F(InterruptDeathTest, TheFirstSignalIsARequestToStop) {
  EXPECT_EXIT(
      {
        FakeClock clock;
        const Interrupt interrupt(clock);
        SignalAndWait(interrupt);
        // The same wish again, as a shell sends it to process and group.
        ::kill(::getpid(), SIGTERM);
        std::_Exit(interrupt.happened() ? 7 : 8);
      },
      ExitedWithCode(7), "");
}

TEST_F(InterruptDeathTest, ALaterOneEndsTheProcess) {
  EXPECT_EXIT(
      {
        FakeClock clock;
        const Interrupt interrupt(clock);
        SignalAndWait(interrupt);
        clock.Advance(std::chrono::seconds{2});
        ::kill(::getpid(), SIGINT);
        while (true) ::pause();
      },
      ExitedWithCode(130), "");
}

}  // namespace
}  // namespace certbroker::agent
