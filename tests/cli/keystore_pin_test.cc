// Where the PIN of `certbroker keystore` can come from, and that it is seen nowhere.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include "tests/support/run_program.h"
#include "tests/support/soft_token.h"

namespace certbroker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class KeystorePinTest : public ::testing::Test {
 protected:
  KeystorePinTest() { token_.Provision({"main"}); }

  std::vector<std::string> Arguments(const std::string& command, const std::string& pin) const {
    return {"keystore",   command,
            "--module",   std::string(SoftToken::kModule),
            "--token",    std::string(SoftToken::kLabel),
            "--pin-file", pin};
  }
  using Environment = std::vector<std::pair<std::string, std::string>>;
  static Environment SoftHsm() { return {{"SOFTHSM2_CONF", std::getenv("SOFTHSM2_CONF")}}; }

  SoftToken token_;
};

TEST_F(KeystorePinTest, ComesFromACredentialOfSystemds) {
  Environment environment = SoftHsm();
  environment.emplace_back("CREDENTIALS_DIRECTORY",
                           std::filesystem::path(token_.pin_file()).parent_path().string());
  const ProgramResult result = RunProgram(CERTBROKER_PROGRAM, Arguments("check", "credential:pin"),
                                          {.environment = environment});
  EXPECT_EQ(result.exit_code, 0) << result;
}

// Through a shell, as `fd:N` is used: standard input of the program is the shell's.
TEST_F(KeystorePinTest, ComesFromAnInheritedDescriptor) {
  std::string command = "exec 7<'" + token_.pin_file() + "'; exec '" + CERTBROKER_PROGRAM + "'";
  for (const std::string& argument : Arguments("qualify", "fd:7")) command += " '" + argument + "'";
  const ProgramResult result = RunProgram("/bin/sh", {"-c", command}, {.environment = SoftHsm()});
  // It logs in three times with what it has read once.
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, HasSubstr("works    starting over"));
}

TEST_F(KeystorePinTest, IsNowhereInSightOfAProgramThatUsesIt) {
  RunningProgram program(CERTBROKER_PROGRAM, Arguments("qualify", token_.pin_file()),
                         {.environment = SoftHsm()});
  while (program.Running() && program.out().find("generate ES256") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const std::string process = "/proc/" + std::to_string(program.pid());
  for (const std::string what : {"/cmdline", "/environ"}) {
    std::ifstream file(process + what, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), {});
    if (::geteuid() == 0) {
      EXPECT_THAT(content, HasSubstr(what == "/cmdline" ? "qualify" : "SOFTHSM2"));
    }
    EXPECT_THAT(content, Not(HasSubstr(std::string(SoftToken::kPin)))) << what;
  }
  const ProgramResult result = program.Wait();
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out + result.err, Not(HasSubstr(std::string(SoftToken::kPin))));
}

TEST_F(KeystorePinTest, MustNotBeReachedThroughALink) {
  const std::string link = token_.pin_file() + ".link";
  std::filesystem::create_symlink(token_.pin_file(), link);
  const ProgramResult result =
      RunProgram(CERTBROKER_PROGRAM, Arguments("check", link), {.environment = SoftHsm()});
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, AllOf(HasSubstr("a symbolic link"), HasSubstr(link)));
}

TEST_F(KeystorePinTest, SaysWhatIsWrongWithItsName) {
  for (const std::string name : {"credential:../pin", "fd:x", "fd:1"}) {
    const ProgramResult result =
        RunProgram(CERTBROKER_PROGRAM, Arguments("check", name), {.environment = SoftHsm()});
    EXPECT_EQ(result.exit_code, 1) << result;
    EXPECT_THAT(result.err, HasSubstr(name));
  }
}

}  // namespace
}  // namespace certbroker
