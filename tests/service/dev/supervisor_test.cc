#include "service/dev/supervisor.h"

#include <signal.h>
#include <unistd.h>

#include "service/dev/text_file.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::dev {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class SupervisorTest : public ::testing::Test {
 protected:
  ChildSpec Shell(const std::string& name, const std::string& script) {
    return {.name = name,
            .program = &shell_,
            .arguments = {"-c", script},
            .environment = {},
            .log = std::filesystem::path(dir_.path()) / (name + ".log")};
  }

  TempDir dir_;
  SystemClock clock_;
  const ProgramFile shell_ = *ProgramFile::Open("/bin/sh");
  Supervisor supervisor_{clock_};
};

TEST_F(SupervisorTest, KnowsWhatRuns) {
  const auto a = supervisor_.Start(Shell("a", "exec sleep 1000"));
  const auto b = supervisor_.Start(Shell("b", "exec sleep 1000"));
  ASSERT_THAT(a, IsOk());
  ASSERT_THAT(b, IsOk());

  EXPECT_THAT(supervisor_.Running(), ElementsAre(Pair("a", *a), Pair("b", *b)));
}

TEST_F(SupervisorTest, StopsInReverseOrder) {
  const std::string order = dir_.path() + "/order";
  const auto script = [&](const std::string& name) {
    return "trap 'echo " + name + " >> " + order + "; exit 0' TERM; echo up; " +
           "while :; do sleep 0.01; done";
  };
  for (const std::string name : {"a", "b", "c"}) {
    ASSERT_THAT(supervisor_.Start(Shell(name, script(name))), IsOk());
    ASSERT_THAT(supervisor_.WaitUntil(
                    name, [&] { return TailOf(dir_.path() + "/" + name + ".log", 1) == "up\n"; },
                    seconds{20}),
                IsOk());
  }

  supervisor_.StopAll();

  EXPECT_THAT(ReadFile(order), IsOkAndHolds("c\nb\na\n"));
  EXPECT_TRUE(supervisor_.Running().empty());
}

TEST_F(SupervisorTest, WaitingEndsWhenAProgramDoesAndSaysWhichAndWhy) {
  ASSERT_THAT(supervisor_.Start(Shell("steady", "exec sleep 1000")), IsOk());
  ASSERT_THAT(supervisor_.Start(Shell("brittle", "echo no space left; exit 7")), IsOk());

  const auto waited = supervisor_.WaitUntil(
      "it", [] { return false; }, seconds{20});

  EXPECT_THAT(waited,
              IsError(Reason::kInternal, AllOf(HasSubstr("brittle exited with code 7"),
                                               HasSubstr("brittle.log:\nno space left\n"))));
}

TEST_F(SupervisorTest, WhatIsNeverReadyIsADeadlineWithTheLog) {
  ASSERT_THAT(supervisor_.Start(Shell("slow", "echo still loading; exec sleep 1000")), IsOk());
  const auto has_written = [&] { return !TailOf(dir_.path() + "/slow.log", 1).empty(); };
  ASSERT_THAT(supervisor_.WaitUntil("slow", has_written, seconds{20}), IsOk());

  const auto waited = supervisor_.WaitUntil(
      "slow", [] { return false; }, milliseconds{30});

  EXPECT_THAT(waited,
              IsError(Reason::kDeadlineExceeded, AllOf(HasSubstr("slow is not ready after 30 ms"),
                                                       HasSubstr("still loading"))));
}

TEST_F(SupervisorTest, ASignalEndsWaitingAsCancelled) {
  int asked = 0;

  const auto waited = supervisor_.WaitUntil(
      "it",
      [&] {
        if (++asked == 3) ::kill(::getpid(), SIGTERM);
        return false;
      },
      seconds{20});

  EXPECT_THAT(waited, IsError(Reason::kCancelled));
}

TEST_F(SupervisorTest, RunsAProgramToItsEnd) {
  EXPECT_THAT(supervisor_.Run(Shell("good", "exit 0"), seconds{20}), IsOk());
  EXPECT_THAT(supervisor_.Run(Shell("bad", "echo why; exit 2"), seconds{20}),
              IsError(Reason::kInternal, AllOf(HasSubstr("exited with code 2"), HasSubstr("why"))));
  EXPECT_THAT(supervisor_.Run(Shell("endless", "exec sleep 1000"), milliseconds{30}),
              IsError(Reason::kDeadlineExceeded, HasSubstr("endless did not end within 30 ms")));
}

TEST_F(SupervisorTest, TheEndIsASignal) {
  ASSERT_THAT(supervisor_.Start(Shell("steady", "exec sleep 1000")), IsOk());
  ::kill(::getpid(), SIGINT);

  EXPECT_THAT(supervisor_.WaitForEnd(), IsOk());
}

TEST_F(SupervisorTest, TheEndIsAProgramsEnd) {
  ASSERT_THAT(supervisor_.Start(Shell("pebble", "exit 1")), IsOk());

  EXPECT_THAT(supervisor_.WaitForEnd(), IsError(Reason::kInternal, HasSubstr("pebble exited")));
}

TEST_F(SupervisorTest, AProgramThatMayEndIsRevived) {
  ASSERT_THAT(supervisor_.Start(Shell("service", "exit 1")), IsOk());
  int revived = 0;

  const auto ended = supervisor_.WaitForEnd("service", [&]() -> Result<void> {
    if (++revived == 3) {
      ::kill(::getpid(), SIGINT);
      return {};
    }
    RETURN_IF_ERROR(supervisor_.Start(Shell("service", "exit 1")));
    return {};
  });

  EXPECT_THAT(ended, IsOk());
  EXPECT_EQ(revived, 3);
}

TEST_F(SupervisorTest, OtherProgramsAreMissedAllTheSame) {
  ASSERT_THAT(supervisor_.Start(Shell("postgres", "exit 1")), IsOk());

  EXPECT_THAT(supervisor_.WaitForEnd("service", [] { return Result<void>(); }),
              IsError(Reason::kInternal, HasSubstr("postgres exited")));
}

TEST(SupervisorOfAProcessTest, ALateSignalDoesNotChangeTheExitCode) {
  const auto supervise_and_exit = [] {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_UNBLOCK, &all, nullptr);
    {
      SystemClock clock;
      const Supervisor supervisor(clock);
      ::kill(::getpid(), SIGTERM);
    }
    ::kill(::getpid(), SIGTERM);
    ::_exit(1);
  };

  EXPECT_EXIT(supervise_and_exit(), ::testing::ExitedWithCode(1), "");
}

}  // namespace
}  // namespace certbroker::dev
