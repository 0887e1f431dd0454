#include "service/dev/text_file.h"

#include <sys/stat.h>

#include <filesystem>

#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::dev {
namespace {

using ::testing::HasSubstr;

mode_t TextFileMode(const std::filesystem::path& path) {
  struct stat facts = {};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0);
  return facts.st_mode & 07777U;
}

TEST(TextFileTest, WrittenFileHasContentAndExactlyTheMode) {
  const TempDir dir;
  const std::filesystem::path path = std::filesystem::path(dir.path()) / "file";
  const mode_t before = ::umask(077);

  ASSERT_THAT(WriteFile(path, "text\n", 0644), IsOk());

  ::umask(before);
  EXPECT_THAT(ReadFile(path), IsOkAndHolds("text\n"));
  EXPECT_EQ(TextFileMode(path), 0644U);
}

TEST(TextFileTest, WritingReplacesAReadOnlyFileAndLeavesNothingBeside) {
  const TempDir dir;
  const std::filesystem::path path = std::filesystem::path(dir.path()) / "pin";
  ASSERT_THAT(WriteFile(path, "old", 0400), IsOk());

  ASSERT_THAT(WriteFile(path, "new", 0400), IsOk());

  EXPECT_THAT(ReadFile(path), IsOkAndHolds("new"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(TextFileTest, MissingFileIsNotFoundAndNamed) {
  EXPECT_THAT(ReadFile("/nonexistent/x"), IsError(Reason::kNotFound, HasSubstr("/nonexistent/x")));
}

TEST(TextFileTest, MissingFolderIsAnErrorThatNamesTheFile) {
  EXPECT_THAT(WriteFile("/nonexistent/x", "", 0600),
              IsError(Reason::kInternal, HasSubstr("/nonexistent/x")));
}

TEST(TextFileTest, TailGivesTheLastLines) {
  const TempDir dir;
  const std::filesystem::path path = std::filesystem::path(dir.path()) / "log";
  struct Case {
    std::string_view name, content;
    std::size_t lines;
    std::string_view want;
  };
  const Case kCases[] = {
      {"fewer", "a\nb\nc\n", 2, "b\nc\n"},
      {"all", "a\nb\n", 5, "a\nb\n"},
      {"last_line_unfinished", "a\nb", 1, "b\n"},
      {"empty_lines_count", "a\n\n\n", 2, "\n\n"},
      {"empty", "", 3, ""},
      {"escapes_do_not_reach_the_terminal", "\x1b[31mred\n", 1, "?[31mred\n"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    ASSERT_THAT(WriteFile(path, c.content, 0600), IsOk());
    EXPECT_EQ(TailOf(path, c.lines), c.want);
  }
}

TEST(TextFileTest, TailOfAMissingFileIsEmpty) { EXPECT_EQ(TailOf("/nonexistent/x", 3), ""); }

}  // namespace
}  // namespace certbroker::dev
