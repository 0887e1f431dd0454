#include "service/dev/stack_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "service/dev/text_file.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::dev {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class StackDirectoryTest : public ::testing::Test {
 protected:
  void Touch(const fs::path& path) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << "x";
  }

  TempDir temp_;
  const fs::path root_ = fs::canonical(temp_.path());
};

TEST_F(StackDirectoryTest, IsMadeAndClosedToOthers) {
  const auto claimed = StackDirectory::Claim(root_ / "a" / "b");

  ASSERT_THAT(claimed, IsOk());
  EXPECT_EQ(claimed->path(), root_ / "a" / "b");
  EXPECT_EQ(claimed->run(), root_ / "a" / "b" / "run");
  EXPECT_EQ(fs::status(root_ / "a" / "b").permissions(), fs::perms::owner_all);
  EXPECT_TRUE(fs::is_directory(root_ / "a" / "b" / "postgres"));
}

TEST_F(StackDirectoryTest, AnotherStackThatRunsThereIsLeftAlone) {
  const auto first = StackDirectory::Claim(root_ / "s");
  ASSERT_THAT(first, IsOk());
  Touch(root_ / "s" / "stack.json");

  EXPECT_THAT(StackDirectory::Claim(root_ / "s"),
              IsError(Reason::kConfigInvalid, HasSubstr("a stack is running there")));
  EXPECT_TRUE(fs::exists(root_ / "s" / "stack.json"));
}

TEST_F(StackDirectoryTest, ForeignFilesAreRefusedAndKept) {
  Touch(root_ / "s" / "thesis.tex");

  EXPECT_THAT(StackDirectory::Claim(root_ / "s"),
              IsError(Reason::kConfigInvalid, HasSubstr("no stack of certbrokerd dev")));
  EXPECT_TRUE(fs::exists(root_ / "s" / "thesis.tex"));
}

TEST_F(StackDirectoryTest, AnEarlierStackIsClearedAwayButNotWhatOthersPutThere) {
  ASSERT_THAT(StackDirectory::Claim(root_ / "s"), IsOk());
  Touch(root_ / "s" / "postgres" / "PG_VERSION");
  Touch(root_ / "s" / "token" / "tokens" / "a" / "token.object");
  fs::permissions(root_ / "s" / "token" / "tokens" / "a", fs::perms::owner_read);  // sealed
  Touch(root_ / "s" / "my-certificates" / "cert.pem");

  ASSERT_THAT(StackDirectory::Claim(root_ / "s"), IsOk());

  EXPECT_TRUE(fs::is_empty(root_ / "s" / "postgres"));
  EXPECT_TRUE(fs::is_empty(root_ / "s" / "token"));
  EXPECT_TRUE(fs::exists(root_ / "s" / "my-certificates" / "cert.pem"));
}

TEST_F(StackDirectoryTest, LinksInAnEarlierStackAreNotFollowed) {
  Touch(root_ / "precious" / "file");
  ASSERT_THAT(StackDirectory::Claim(root_ / "s"), IsOk());
  fs::remove(root_ / "s" / "token");
  fs::create_directory_symlink(root_ / "precious", root_ / "s" / "token");

  ASSERT_THAT(StackDirectory::Claim(root_ / "s"), IsOk());

  EXPECT_TRUE(fs::exists(root_ / "precious" / "file"));
}

TEST_F(StackDirectoryTest, SocketsMoveWhenThePathIsTooLongForThem) {
  const fs::path deep = root_ / std::string(100, 'x');
  fs::path elsewhere;
  {
    const auto claimed = StackDirectory::Claim(deep);
    ASSERT_THAT(claimed, IsOk());
    elsewhere = claimed->run();

    EXPECT_THAT(elsewhere.string(), HasSubstr("/tmp/certbroker-dev-"));
    EXPECT_EQ(fs::status(elsewhere).permissions(), fs::perms::owner_all);
    EXPECT_EQ(fs::read_symlink(deep / "run"), elsewhere);
  }
  EXPECT_FALSE(fs::exists(elsewhere));
}

TEST_F(StackDirectoryTest, AKilledStacksSocketFolderGoesWithTheNextStart) {
  const fs::path deep = root_ / std::string(100, 'x');
  ASSERT_THAT(StackDirectory::Claim(deep), IsOk());
  std::string left = "/tmp/certbroker-dev-XXXXXX";
  ASSERT_NE(::mkdtemp(left.data()), nullptr);
  fs::remove(deep / "run");
  fs::create_directory_symlink(left, deep / "run");

  ASSERT_THAT(StackDirectory::Claim(deep), IsOk());

  EXPECT_FALSE(fs::exists(left));
}

TEST_F(StackDirectoryTest, StackJsonGoesWhenTheStackEnds) {
  {
    const auto claimed = StackDirectory::Claim(root_ / "s");
    ASSERT_THAT(claimed, IsOk());
    ASSERT_THAT(WriteFile(claimed->path() / "stack.json", "{}", 0600), IsOk());
  }
  EXPECT_FALSE(fs::exists(root_ / "s" / "stack.json"));
}

TEST_F(StackDirectoryTest, RootHandsOverAnEmptyFolderOnly) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can";
  const UserIds nobody = {.uid = 65534, .gid = 65534};

  ASSERT_THAT(HandOver(root_ / "new", nobody), IsOk());
  struct stat facts = {};
  ASSERT_EQ(::stat((root_ / "new").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, nobody.uid);

  Touch(root_ / "full" / "file");
  EXPECT_THAT(HandOver(root_ / "full", nobody), IsError(Reason::kConfigInvalid));

  ASSERT_EQ(::chown((root_ / "full").c_str(), 12345, 12345), 0);
  EXPECT_THAT(HandOver(root_ / "full", nobody),
              IsError(Reason::kConfigInvalid, HasSubstr("another user")));

  fs::create_directory_symlink("/etc", root_ / "link");
  EXPECT_THAT(HandOver(root_ / "link", nobody), IsError(Reason::kInternal));
}

}  // namespace
}  // namespace certbroker::dev
