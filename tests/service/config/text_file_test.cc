#include "service/config/text_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/result_matchers.h"

namespace certbroker::config {
namespace {

using ::testing::HasSubstr;

class TextFileTest : public ::testing::Test {
 protected:
  TextFileTest() : path_(::testing::TempDir() + "/text_file_test_" + std::to_string(::getpid())) {}
  void TearDown() override { std::filesystem::remove(path_); }

  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }

  std::string path_;
};

TEST_F(TextFileTest, ReadsAFileByteForByte) {
  const std::string text("a\0b\r\n\xFF", 6);
  Write(text);
  EXPECT_THAT(ReadTextFile(path_), IsOkAndHolds(text));
}

TEST_F(TextFileTest, AnEmptyFileIsAnEmptyText) {
  Write("");
  EXPECT_THAT(ReadTextFile(path_), IsOkAndHolds(std::string()));
}

TEST_F(TextFileTest, RefusesWhatIsTooLarge) {
  const std::size_t limit = std::size_t{32} * 1024 * 1024;
  Write(std::string(limit, '#'));
  EXPECT_THAT(ReadTextFile(path_), IsOk());
  Write(std::string(limit + 1, '#'));
  EXPECT_THAT(ReadTextFile(path_),
              IsError(Reason::kConfigInvalid, HasSubstr("larger than 32 MiB")));
}

TEST_F(TextFileTest, NamesAMissingFile) {
  EXPECT_THAT(ReadTextFile(path_), IsError(Reason::kConfigInvalid,
                                           path_ + ": cannot be read: No such file or directory"));
}

TEST_F(TextFileTest, RefusesADirectory) {
  EXPECT_THAT(ReadTextFile(::testing::TempDir()),
              IsError(Reason::kConfigInvalid, HasSubstr("it is a directory")));
}

}  // namespace
}  // namespace certbroker::config
