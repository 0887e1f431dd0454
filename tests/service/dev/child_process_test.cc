#include "service/dev/child_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "service/dev/text_file.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::dev {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr milliseconds kLong = seconds{20};

class ChildProcessTest : public ::testing::Test {
 protected:
  ChildSpec Shell(const std::string& script) {
    return {.name = "sh",
            .program = &shell_,
            .arguments = {"-c", script},
            .environment = {},
            .log = log_};
  }
  std::string Log() { return ReadFile(log_).has_value() ? *ReadFile(log_) : ""; }

  TempDir dir_;
  const std::filesystem::path log_ = std::filesystem::path(dir_.path()) / "log";
  const ProgramFile shell_ = *ProgramFile::Open("/bin/sh");
};

TEST_F(ChildProcessTest, ExitCodeAndOutputAreSeen) {
  auto child = ChildProcess::Start(Shell("echo out; echo err >&2; exit 3"));
  ASSERT_THAT(child, IsOk());

  const auto exit = child->WaitFor(kLong);

  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->code, 3);
  EXPECT_EQ(Describe(*exit), "exited with code 3");
  EXPECT_EQ(Log(), "out\nerr\n");
}

TEST_F(ChildProcessTest, ASignalThatKilledItIsNamed) {
  auto child = ChildProcess::Start(Shell("kill -9 $$"));
  ASSERT_THAT(child, IsOk());

  const auto exit = child->WaitFor(kLong);

  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(Describe(*exit), "was killed by signal 9");
}

TEST_F(ChildProcessTest, AProgramThatCannotRunIsAnError) {
  const auto no_program = ProgramFile::Open("/etc/passwd");
  EXPECT_THAT(no_program, IsError(Reason::kConfigInvalid, HasSubstr("/etc/passwd")));

  ChildSpec spec = Shell("true");
  spec.directory = "/nonexistent";
  EXPECT_THAT(ChildProcess::Start(spec),
              IsError(Reason::kConfigInvalid, HasSubstr("cannot be run")));
}

TEST_F(ChildProcessTest, ScriptsRunByTheirPath) {
  const std::filesystem::path script = std::filesystem::path(dir_.path()) / "script";
  ASSERT_THAT(WriteFile(script, "#!/bin/sh\necho from a script\n", 0755), IsOk());
  const auto program = ProgramFile::Open(script);
  ASSERT_THAT(program, IsOk());
  ChildSpec spec = Shell("");
  spec.program = &*program;

  auto child = ChildProcess::Start(spec);
  ASSERT_THAT(child, IsOk());
  ASSERT_TRUE(child->WaitFor(kLong).has_value());

  EXPECT_EQ(Log(), "from a script\n");
}

TEST_F(ChildProcessTest, OfOurEnvironmentOnlyTheUsefulIsPassedOn) {
  ::setenv("PGHOST", "somewhere", 1);
  ::setenv("PEBBLE_WFE_NONCEREJECT", "100", 1);
  ::setenv("CERTBROKER_CRASH_POINT", "x", 1);
  ChildSpec spec = Shell("env");
  spec.environment = {{"SOFTHSM2_CONF", "/d/conf"}, {"PATH", "/only/this:/usr/bin:/bin"}};

  auto child = ChildProcess::Start(spec);
  ASSERT_THAT(child, IsOk());
  ASSERT_TRUE(child->WaitFor(kLong).has_value());

  EXPECT_THAT(Log(), HasSubstr("CERTBROKER_CRASH_POINT=x\n"));
  EXPECT_THAT(Log(), HasSubstr("SOFTHSM2_CONF=/d/conf\n"));
  EXPECT_THAT(Log(), HasSubstr("PATH=/only/this:/usr/bin:/bin\n"));
  EXPECT_THAT(Log(), Not(HasSubstr("PGHOST")));
  EXPECT_THAT(Log(), Not(HasSubstr("PEBBLE_")));
}

TEST_F(ChildProcessTest, FindsItsExtraDescriptorAtThreeAndNoOtherOfOurs) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  ChildSpec spec = Shell("echo ready >&3; ls -l /proc/self/fd | grep -c pipe");
  spec.extra_fd = writer.get();

  auto child = ChildProcess::Start(spec);
  writer.Close();
  ASSERT_THAT(child, IsOk());
  ASSERT_TRUE(child->WaitFor(kLong).has_value());

  std::array<char, 16> text{};
  EXPECT_EQ(::read(reader.get(), text.data(), text.size()), 6);
  EXPECT_EQ(std::string_view(text.data()), "ready\n");
  // ls has the extra descriptor and its own pipe to grep; not the one that exec's failure goes to.
  EXPECT_EQ(Log(), "2\n");
}

TEST_F(ChildProcessTest, OutputGoesElsewhereOnDemand) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  ChildSpec spec = Shell("echo out; echo err >&2");
  spec.output_fd = writer.get();

  auto child = ChildProcess::Start(spec);
  ASSERT_THAT(child, IsOk());
  ASSERT_TRUE(child->WaitFor(kLong).has_value());

  std::array<char, 16> text{};
  EXPECT_EQ(::read(reader.get(), text.data(), text.size()), 4);
  EXPECT_EQ(Log(), "err\n");
}

TEST_F(ChildProcessTest, StopSendsTheAskedSignal) {
  ChildSpec spec = Shell("trap 'echo int; exit 0' INT; echo up; while :; do sleep 0.01; done");
  spec.stop_signal = SIGINT;
  auto child = ChildProcess::Start(spec);
  ASSERT_THAT(child, IsOk());
  while (Log() != "up\n") std::this_thread::yield();

  EXPECT_TRUE(child->Stop(kLong));

  EXPECT_EQ(Log(), "up\nint\n");
}

TEST_F(ChildProcessTest, WhatDoesNotStopIsKilledWithItsChildren) {
  auto child = ChildProcess::Start(
      Shell("trap '' TERM; sleep 1000 & echo $!; while :; do sleep 0.01; done"));
  ASSERT_THAT(child, IsOk());
  while (Log().empty()) std::this_thread::yield();
  const pid_t grandchild = std::stoi(Log());

  EXPECT_FALSE(child->Stop(milliseconds{50}));

  EXPECT_EQ(child->Poll()->signal, SIGKILL);
  // It is init's now, or whoever reaps for it, and may be a zombie for a moment.
  const std::string stat_file = "/proc/" + std::to_string(grandchild) + "/stat";
  const auto gone = [&] {
    const auto stat = ReadFile(stat_file);
    return !stat.has_value() || stat->find(") Z ") != std::string::npos;
  };
  while (!gone()) std::this_thread::yield();
}

TEST_F(ChildProcessTest, DiesWithItsParentEvenWhenThatIsKilled) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const pid_t parent = ::fork();
  if (parent == 0) {
    // The write end is held by the grandchild alone, as its descriptor 3.
    ChildSpec spec = Shell("echo up >&3; exec sleep 1000");
    spec.extra_fd = writer.get();
    auto child = ChildProcess::Start(spec);
    writer.Close();
    ::pause();
  }
  writer.Close();
  std::array<char, 4> up{};
  ASSERT_EQ(::read(reader.get(), up.data(), 3), 3);

  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);

  // End of file comes when the last holder of the write end is dead.
  EXPECT_EQ(::read(reader.get(), up.data(), 1), 0);
}

TEST_F(ChildProcessTest, CtrlCInTheTerminalReachesOnlyUs) {
  auto child = ChildProcess::Start(Shell("sleep 1000"));
  ASSERT_THAT(child, IsOk());

  EXPECT_EQ(::getpgid(child->pid()), child->pid());
}

}  // namespace
}  // namespace certbroker::dev
