#include "keystore/pin_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::keystore {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string LineOf(std::size_t octets) {
  std::string line(octets, 'x');
  line.push_back('\n');
  return line;
}

class PinFileTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& content, mode_t mode = 0400) {
    std::string path = dir_.path() + "/pin";
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << content;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  static std::string Content(const Result<Secret>& secret) {
    return secret ? std::string(secret->ExposeForUse()) : secret.error().ToString();
  }

  TempDir dir_;
};

TEST_F(PinFileTest, HoldsThePinOnOneLine) {
  EXPECT_EQ(Content(ReadPinFile(Write("secret pin\n"))), "secret pin");
  EXPECT_EQ(Content(ReadPinFile(Write("1234"))), "1234");
  EXPECT_EQ(Content(ReadPinFile(Write(" 1 \n"))), " 1 ");
  EXPECT_EQ(Content(ReadPinFile(Write(LineOf(255)))), std::string(255, 'x'));
}

TEST_F(PinFileTest, RefusesWhatIsNoPin) {
  const struct {
    std::string content;
    std::string complaint;
  } cases[] = {
      {"", "empty"},
      {"\n", "empty"},
      {"1234\n\n", "control character"},
      {"1234\r\n", "control character"},  // edited on Windows: would be a wrong PIN
      {std::string("12\0"
                   "34",
                   5),
       "control character"},
      {std::string(256, 'x'), "255"},
      {LineOf(256), "255"},
      {std::string(5'000, 'x'), "255"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ReadPinFile(Write(c.content)),
                IsError(Reason::kConfigInvalid, HasSubstr(c.complaint)));
  }
}

TEST_F(PinFileTest, RefusesAFileThatOthersCanRead) {
  for (const mode_t mode : {0440U, 0404U, 0644U, 0620U, 0602U, 0444U}) {
    EXPECT_THAT(
        ReadPinFile(Write("1234\n", mode)),
        IsError(Reason::kConfigInvalid, AllOf(HasSubstr("chmod 0400"), Not(HasSubstr("1234")))))
        << mode;
  }
  EXPECT_THAT(ReadPinFile(Write("1234\n", 0600)), IsOk());
}

struct stat StatusOf(uid_t owner, mode_t mode) {
  struct stat status {};
  status.st_uid = owner;
  status.st_mode = mode;
  return status;
}

// Also what systemd's credentials look like: root's, with an ACL that shows as the group's mode.
TEST_F(PinFileTest, LetsRootGiveAServiceItsPin) {
  constexpr uid_t kUs = 1000;
  EXPECT_EQ(PinFileProblem(StatusOf(0, S_IFREG | 0440), kUs), "");
  EXPECT_EQ(PinFileProblem(StatusOf(0, S_IFREG | 0640), kUs), "");
  EXPECT_THAT(PinFileProblem(StatusOf(0, S_IFREG | 0460), kUs), HasSubstr("chmod 0440"));
  EXPECT_THAT(PinFileProblem(StatusOf(0, S_IFREG | 0444), kUs), HasSubstr("chmod 0440"));
  EXPECT_THAT(PinFileProblem(StatusOf(kUs, S_IFREG | 0440), kUs), HasSubstr("chmod 0400"));
}

TEST_F(PinFileTest, TakesNoPinFromAThirdUser) {
  EXPECT_THAT(PinFileProblem(StatusOf(1001, S_IFREG | 0440), 1000),
              HasSubstr("belongs to user 1001"));
  // As root: `sudo certbroker keystore check` on the file of the service's user.
  EXPECT_EQ(PinFileProblem(StatusOf(1001, S_IFREG | 0400), 0), "");
  EXPECT_THAT(PinFileProblem(StatusOf(1001, S_IFREG | 0440), 0), HasSubstr("chmod 0400"));
}

TEST_F(PinFileTest, RefusesWhatIsNoFile) {
  EXPECT_THAT(ReadPinFile(dir_.path() + "/absent"),
              IsError(Reason::kConfigInvalid, HasSubstr("No such file")));
  EXPECT_THAT(ReadPinFile(dir_.path()),
              IsError(Reason::kConfigInvalid, HasSubstr("not a regular file")));
  const std::string fifo = dir_.path() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(ReadPinFile(fifo), IsError(Reason::kConfigInvalid, HasSubstr("not a regular file")));
}

TEST_F(PinFileTest, FollowsNoLinkToAFile) {
  const std::string link = dir_.path() + "/link";
  std::filesystem::create_symlink(Write("1234\n", 0400), link);
  EXPECT_THAT(ReadPinFile(link),
              IsError(Reason::kConfigInvalid,
                      AllOf(HasSubstr("a symbolic link; name the file"), Not(HasSubstr("1234")))));
}

}  // namespace
}  // namespace certbroker::keystore
