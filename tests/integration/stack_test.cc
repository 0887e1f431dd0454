// The stack itself: it comes up whole, tells how to join, and leaves nothing behind.
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "service/dev/https_get.h"
#include "service/dev/text_file.h"
#include "tests/support/dev_stack.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(StackTest, TellsHowToJoin) {
  DevStack& stack = SharedStack();

  for (const std::string file :
       {"/agent/ca", "/identities/0/certificate", "/identities/0/key", "/identities/1/certificate",
        "/identities/1/key", "/pebble/tls_root", "/pebble/roots", "/keystore/module",
        "/keystore/pin_file", "/keystore/softhsm2_conf", "/service/config", "/service/policy"}) {
    EXPECT_TRUE(fs::is_regular_file(stack.Text(file))) << file << ": " << stack.Text(file);
  }
  for (const std::string key : {"/identities/0/key", "/identities/1/key", "/keystore/pin_file"}) {
    struct stat facts = {};
    ASSERT_EQ(::stat(stack.Text(key).c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 077U, 0U) << key;
  }
}

TEST(StackTest, EveryPartAnswers) {
  DevStack& stack = SharedStack();
  const std::string directory_url = stack.Text("/pebble/directory_url");

  const auto answer = dev::HttpsGet(
      static_cast<std::uint16_t>(std::stoi(directory_url.substr(directory_url.rfind(':') + 1))),
      "/dir", stack.Text("/pebble/tls_root"), seconds{10});
  const ProgramResult query =
      RunProgram("psql", {stack.Text("/database/url"), "-tAc", "SELECT 'up'"});
  const ProgramResult check = stack.Keystore({"check"});
  const ProgramResult accounts = stack.Operator({"accounts", "list"});

  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(query.out, "up\n") << query;
  EXPECT_EQ(check.exit_code, 0) << check;
  EXPECT_EQ(accounts.exit_code, 0) << accounts;
  EXPECT_THAT(accounts.out, HasSubstr("pebble"));
}

TEST(StackTest, AKilledServiceIsStartedAgain) {
  DevStack& stack = SharedStack();

  ASSERT_TRUE(stack.KillService());

  const ProgramResult accounts = stack.Operator({"accounts", "list"});
  EXPECT_EQ(accounts.exit_code, 0) << accounts;
}

TEST(StackTest, ASecondStackInTheSameFolderIsRefused) {
  DevStack& stack = SharedStack();

  const ProgramResult second = RunProgram(fs::path(stack.Text("/programs")) / "certbrokerd",
                                          {"dev", "--dir", stack.directory().string()});

  EXPECT_EQ(second.exit_code, 1) << second;
  EXPECT_THAT(second.err, HasSubstr("a stack is running there"));
  EXPECT_TRUE(fs::exists(stack.directory() / "stack.json"));
}

TEST(StackTest, EndsWithExitCode0AndLeavesNoProcess) {
  auto stack = DevStack::Start({});
  ASSERT_THAT(stack, IsOk());

  EXPECT_EQ((*stack)->Stop(), 0);

  EXPECT_THAT(ProcessesOf((*stack)->directory()), IsEmpty());
  EXPECT_FALSE(fs::exists((*stack)->directory() / "stack.json"));
}

TEST(StackTest, LeavesNoProcessWhenItIsKilled) {
  auto stack = DevStack::Start({});
  ASSERT_THAT(stack, IsOk());
  const fs::path directory = (*stack)->directory();
  ASSERT_FALSE(ProcessesOf(directory).empty());

  ::kill((*stack)->pid(), SIGKILL);

  EXPECT_EQ((*stack)->Stop(), 137);
  // Postgres shuts down in good order, which takes it a moment.
  for (int i = 0; i < 2000 && !ProcessesOf(directory).empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  EXPECT_THAT(ProcessesOf(directory), IsEmpty());
}

TEST(StackTest, EndsWhenAPartDoesAndSaysWhich) {
  auto stack = DevStack::Start({});
  ASSERT_THAT(stack, IsOk());

  ::kill((*stack)->Facts()["pids"]["pebble"].get<pid_t>(), SIGKILL);
  for (int i = 0; i < 3000 && fs::exists((*stack)->directory() / "stack.json"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }

  EXPECT_EQ((*stack)->Stop(), 1);
  EXPECT_THAT(dev::TailOf((*stack)->directory().string() + ".log", 40),
              HasSubstr("pebble was killed by signal 9"));
  EXPECT_THAT(ProcessesOf((*stack)->directory()), IsEmpty());
}

}  // namespace
}  // namespace certbroker
