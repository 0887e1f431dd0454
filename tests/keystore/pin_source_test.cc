#include "keystore/pin_source.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/unique_fd.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::keystore {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class PinSourceTest : public ::testing::Test {
 protected:
  ~PinSourceTest() override { ::unsetenv("CREDENTIALS_DIRECTORY"); }

  std::string WriteFile(const std::string& name, const std::string& content, mode_t mode = 0400) {
    std::string path = dir_.path() + "/" + name;
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << content;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  static std::string Content(const Result<Secret>& secret) {
    return secret ? std::string(secret->ExposeForUse()) : secret.error().ToString();
  }
  // The reading end of a pipe with `content` in it, and "fd:N" for it. The reader closes it.
  static std::string PipeWith(std::string_view content) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe(ends), 0);
    EXPECT_EQ(::write(ends[1], content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
    ::close(ends[1]);
    return "fd:" + std::to_string(ends[0]);
  }

  TempDir dir_;
};

TEST_F(PinSourceTest, ReadsAFileAnewEachTime) {
  const PinSource source = WriteFile("pin", "1234\n");
  EXPECT_EQ(Content(source.Read()), "1234");
  WriteFile("pin", "5678\n");
  EXPECT_EQ(Content(source.Read()), "5678");
}

TEST_F(PinSourceTest, FindsACredentialWhereSystemdPutIt) {
  WriteFile("hsm-pin", "1234");
  const PinSource source("credential:hsm-pin");
  EXPECT_THAT(source.Read(),
              IsError(Reason::kConfigInvalid, AllOf(HasSubstr("$CREDENTIALS_DIRECTORY is not set"),
                                                    HasSubstr("LoadCredential=hsm-pin:"))));
  ::setenv("CREDENTIALS_DIRECTORY", dir_.path().c_str(), 1);
  EXPECT_EQ(Content(source.Read()), "1234");
  WriteFile("hsm-pin", "1234", 0444);
  EXPECT_THAT(source.Read(), IsError(Reason::kConfigInvalid, HasSubstr("mode 0444")));
}

TEST_F(PinSourceTest, ReadsAnInheritedDescriptorOnceAndKeepsWhatItHeld) {
  const std::string text = PipeWith("1234\n");
  const int fd = std::atoi(text.c_str() + 3);
  const PinSource source(text);
  const PinSource copy = source;  // as the options of one act are copied about
  EXPECT_EQ(Content(source.Read()), "1234");
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1) << "closed: no child process may find it";
  EXPECT_EQ(Content(copy.Read()), "1234");
  EXPECT_EQ(Content(source.Read()), "1234");
}

TEST_F(PinSourceTest, TellsADescriptorThatIsNotThere) {
  const UniqueFd free(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::string text = "fd:" + std::to_string(free.get() + 500);
  const PinSource source(text);
  EXPECT_THAT(source.Read(),
              IsError(Reason::kConfigInvalid, AllOf(HasSubstr(text), HasSubstr("Bad file"))));
}

TEST_F(PinSourceTest, QuotesNothingOfWhatADescriptorHeld) {
  for (const std::string& content : {std::string("12\x01"
                                                 "34"),
                                     std::string(300, 'x'), std::string()}) {
    const PinSource source(PipeWith(content));
    const auto pin = source.Read();
    EXPECT_THAT(pin, IsError(Reason::kConfigInvalid,
                             AllOf(HasSubstr("fd:"), Not(HasSubstr("12")), Not(HasSubstr("xxx")))));
    EXPECT_THAT(source.Read(), IsError(Reason::kConfigInvalid, pin.error().detail()));
  }
}

TEST_F(PinSourceTest, ChecksItsFormWithoutReading) {
  EXPECT_THAT(PinSource("/no/such/file").Check(), IsOk());
  EXPECT_THAT(PinSource("credential:x").Check(), IsOk());
  EXPECT_THAT(PinSource("credential:../x").Check(), IsError(Reason::kConfigInvalid));
  EXPECT_THAT(PinSource("fd:two").Check(), IsError(Reason::kConfigInvalid));
  EXPECT_THAT(PinSource("fd:two").Read(), IsError(Reason::kConfigInvalid));
  EXPECT_TRUE(PinSource().empty());
}

}  // namespace
}  // namespace certbroker::keystore
