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

TEST_F(PinFileTest, LetsRootGiveAServiceItsPin) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const auto given = [this](mode_t mode) {
    std::string path = Write("1234\n", mode);
    EXPECT_EQ(::chown(path.c_str(), 65534, 65534), 0);
    return path;
  };
  EXPECT_THAT(ReadPinFile(given(0440)), IsOk());
  EXPECT_THAT(ReadPinFile(given(0640)), IsOk());
  EXPECT_THAT(ReadPinFile(given(0460)), IsError(Reason::kConfigInvalid, HasSubstr("chmod 0440")));
  EXPECT_THAT(ReadPinFile(given(0444)), IsError(Reason::kConfigInvalid, HasSubstr("chmod 0440")));
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

TEST_F(PinFileTest, FollowsALinkToTheFileThatCounts) {
  const std::string link = dir_.path() + "/link";
  std::filesystem::create_symlink(Write("1234\n", 0400), link);
  EXPECT_EQ(Content(ReadPinFile(link)), "1234");
  Write("1234\n", 0444);
  EXPECT_THAT(ReadPinFile(link), IsError(Reason::kConfigInvalid));
}

}  // namespace
}  // namespace certbroker::keystore
