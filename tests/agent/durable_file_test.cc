#include "agent/durable_file.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::Eq;
using ::testing::HasSubstr;

mode_t ModeOf(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

class DurableFileTest : public ::testing::Test {
 protected:
  const TempDir dir_;
  const fs::path file_ = fs::path(dir_.path()) / "file";
};

TEST_F(DurableFileTest, WritesWithExactlyTheModeWhateverTheUmask) {
  const mode_t old_mask = ::umask(077);
  const auto written = WriteDurably(file_, "text", 0644);
  ::umask(old_mask);

  EXPECT_THAT(written, IsOk());
  EXPECT_EQ(ModeOf(file_), 0644U);
  EXPECT_THAT(ReadText(file_), IsOkAndHolds(Eq("text")));
}

TEST_F(DurableFileTest, LeavesNothingBesideTheFile) {
  ASSERT_THAT(WriteDurably(file_, "one", 0600), IsOk());
  ASSERT_THAT(WriteDurably(file_, "two", 0600), IsOk());

  EXPECT_THAT(ReadText(file_), IsOkAndHolds(Eq("two")));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_.path()), fs::directory_iterator()), 1);
}

TEST_F(DurableFileTest, AHalfWrittenFileOfAKilledRunIsNoObstacle) {
  ASSERT_THAT(WriteDurably(fs::path(dir_.path()) / ".file.new", "half", 0600), IsOk());

  EXPECT_THAT(WriteDurably(file_, "whole", 0600), IsOk());
  EXPECT_THAT(ReadText(file_), IsOkAndHolds(Eq("whole")));
}

TEST_F(DurableFileTest, TellsMissingFromUnusable) {
  EXPECT_THAT(ReadText(file_), IsError(Reason::kNotFound));
  EXPECT_THAT(ReadText(dir_.path()), IsError(Reason::kFileUnusable));
  EXPECT_THAT(WriteDurably(fs::path(dir_.path()) / "no" / "file", "", 0600),
              IsError(Reason::kFileUnusable, HasSubstr("No such file")));
}

TEST_F(DurableFileTest, SwapsALinkOverWhateverItPointedTo) {
  ASSERT_THAT(SwapLink(file_, "one"), IsOk());
  ASSERT_THAT(SwapLink(file_, "two"), IsOk());

  EXPECT_EQ(fs::read_symlink(file_), "two");
}

TEST_F(DurableFileTest, RemovingWhatIsNotThereIsASuccess) {
  EXPECT_THAT(RemoveDurably(file_), IsOk());
}

TEST_F(DurableFileTest, MakesFoldersButNotOverAFile) {
  const fs::path deep = fs::path(dir_.path()) / "a" / "b";
  EXPECT_THAT(MakeFolder(deep, 0755), IsOk());
  EXPECT_EQ(ModeOf(deep), 0755U);

  ASSERT_THAT(WriteDurably(file_, "", 0600), IsOk());
  EXPECT_THAT(MakeFolder(file_ / "c", 0755), IsError(Reason::kFileUnusable));
}

}  // namespace
}  // namespace certbroker::agent
