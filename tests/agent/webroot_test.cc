#include "agent/webroot.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/durable_file.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;
using ::testing::Eq;
using ::testing::HasSubstr;

const std::string kThumbprint(43, 't');

Challenge MakeChallenge(const std::string& token) {
  return {.order = "orders/1",
          .identifier = "a.test",
          .token = token,
          .key_authorization = token + "." + kThumbprint};
}

class WebrootTest : public ::testing::Test {
 protected:
  const TempDir dir_;
  const fs::path folder_ = fs::path(dir_.path()) / ".well-known" / "acme-challenge";
};

TEST_F(WebrootTest, TheAnswerIsAFileForEverybody) {
  const auto webroot = Webroot::Open(dir_.path());
  ASSERT_THAT(webroot, IsOk());

  ASSERT_THAT((*webroot)->Present(MakeChallenge("tok-_1")), IsOk());

  EXPECT_THAT(ReadText(folder_ / "tok-_1"), IsOkAndHolds(Eq("tok-_1." + kThumbprint)));
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "tok-_1").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U);
  EXPECT_EQ((*webroot)->presented(), 1U);
}

TEST_F(WebrootTest, RemovesWhatItPresentedAndNothingElse) {
  const auto webroot = Webroot::Open(dir_.path());
  ASSERT_THAT(WriteDurably(folder_ / "theirs", "x", 0644), IsOk());
  ASSERT_THAT((*webroot)->Present(MakeChallenge("ours")), IsOk());

  EXPECT_THAT((*webroot)->Remove("ours"), IsOk());
  EXPECT_THAT((*webroot)->Remove("theirs"), IsOk());

  EXPECT_FALSE(fs::exists(folder_ / "ours"));
  EXPECT_TRUE(fs::exists(folder_ / "theirs"));
  EXPECT_EQ((*webroot)->presented(), 0U);
}

TEST_F(WebrootTest, WhatIsLeftGoesWithIt) {
  {
    const auto webroot = Webroot::Open(dir_.path());
    ASSERT_THAT((*webroot)->Present(MakeChallenge("ours")), IsOk());
  }
  EXPECT_FALSE(fs::exists(folder_ / "ours"));
}

TEST_F(WebrootTest, ATokenIsNeverAPath) {
  const auto webroot = Webroot::Open(dir_.path());

  for (const char* token : {"", ".", "..", "../x", "a/b", "/etc/x", "a.b", "a%2f", "a b", "ä"}) {
    EXPECT_THAT((*webroot)->Present(MakeChallenge(token)), IsError(Reason::kInvalidArgument))
        << token;
  }
  EXPECT_THAT((*webroot)->Present(MakeChallenge(std::string(257, 'a'))),
              IsError(Reason::kInvalidArgument));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 0);
}

TEST_F(WebrootTest, TheLongestTokenThatFitsAFileNameIsPublished) {
  const auto webroot = Webroot::Open(dir_.path());
  const std::string longest(250, 'a');

  EXPECT_THAT((*webroot)->Present(MakeChallenge(longest)), IsOk());
  EXPECT_TRUE(fs::exists(folder_ / longest));
  EXPECT_THAT((*webroot)->Present(MakeChallenge(longest + "a")),
              IsError(Reason::kInvalidArgument, HasSubstr("file's name")));
}

TEST_F(WebrootTest, WhatIsNoKeyAuthorizationIsNotPublished) {
  const auto webroot = Webroot::Open(dir_.path());
  Challenge challenge = MakeChallenge("tok");
  challenge.key_authorization = "<script>";

  EXPECT_THAT((*webroot)->Present(challenge), IsError(Reason::kInvalidArgument));
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(WebrootTest, TheRootMustBeThere) {
  EXPECT_THAT(Webroot::Open(fs::path(dir_.path()) / "none"),
              IsError(Reason::kFileUnusable, HasSubstr("does not exist")));
}

TEST_F(WebrootTest, TheRootMustBeAFolder) {
  const fs::path file = fs::path(dir_.path()) / "file";
  ASSERT_THAT(WriteDurably(file, "", 0644), IsOk());

  EXPECT_THAT(Webroot::Open(file), IsError(Reason::kFileUnusable, HasSubstr("Not a directory")));
}

TEST_F(WebrootTest, TheRootMayBeReachedThroughALink) {
  const fs::path real = fs::path(dir_.path()) / "real";
  const fs::path link = fs::path(dir_.path()) / "link";
  ASSERT_TRUE(fs::create_directory(real));
  fs::create_directory_symlink(real, link);

  const auto webroot = Webroot::Open(link);

  ASSERT_THAT(webroot, IsOk());
  EXPECT_THAT((*webroot)->Present(MakeChallenge("tok")), IsOk());
  EXPECT_TRUE(fs::exists(real / ".well-known" / "acme-challenge" / "tok"));
}

TEST_F(WebrootTest, RefusesALinkBelowTheRoot) {
  const TempDir elsewhere;
  ASSERT_TRUE(fs::create_directory(folder_.parent_path()));
  fs::create_directory_symlink(elsewhere.path(), folder_);
  EXPECT_THAT(Webroot::Open(dir_.path()),
              IsError(Reason::kFileUnusable, HasSubstr("is a symbolic link")));

  fs::remove_all(folder_.parent_path());
  fs::create_directory_symlink(elsewhere.path(), folder_.parent_path());
  EXPECT_THAT(Webroot::Open(dir_.path()),
              IsError(Reason::kFileUnusable, HasSubstr("is a symbolic link")));
  EXPECT_TRUE(fs::is_empty(elsewhere.path()));
}

TEST_F(WebrootTest, RefusesAFileWhereAFolderShouldBe) {
  ASSERT_THAT(WriteDurably(folder_.parent_path(), "", 0644), IsOk());

  EXPECT_THAT(Webroot::Open(dir_.path()),
              IsError(Reason::kFileUnusable, HasSubstr("Not a directory")));
}

TEST_F(WebrootTest, ALinkThatTakesTheFoldersPlaceLaterLeadsNowhere) {
  const TempDir elsewhere;
  const auto webroot = Webroot::Open(dir_.path());
  const fs::path moved = fs::path(dir_.path()) / "moved";
  fs::rename(folder_, moved);
  fs::create_directory_symlink(elsewhere.path(), folder_);
  ASSERT_THAT(WriteDurably(fs::path(elsewhere.path()) / "tok", "theirs", 0644), IsOk());

  ASSERT_THAT((*webroot)->Present(MakeChallenge("tok")), IsOk());
  EXPECT_TRUE(fs::exists(moved / "tok"));
  ASSERT_THAT((*webroot)->Remove("tok"), IsOk());

  EXPECT_FALSE(fs::exists(moved / "tok"));
  EXPECT_THAT(ReadText(fs::path(elsewhere.path()) / "tok"), IsOkAndHolds(Eq("theirs")));
}

TEST_F(WebrootTest, ALinkUnderTheAnswersNameIsReplacedNotFollowed) {
  const TempDir elsewhere;
  const fs::path precious = fs::path(elsewhere.path()) / "precious";
  ASSERT_THAT(WriteDurably(precious, "theirs", 0600), IsOk());
  const auto webroot = Webroot::Open(dir_.path());
  fs::create_symlink(precious, folder_ / "tok");
  fs::create_symlink(precious, folder_ / ".tok.new");

  ASSERT_THAT((*webroot)->Present(MakeChallenge("tok")), IsOk());

  EXPECT_FALSE(fs::is_symlink(folder_ / "tok"));
  EXPECT_THAT(ReadText(precious), IsOkAndHolds(Eq("theirs")));
}

TEST_F(WebrootTest, FoldersThatAreThereKeepTheirMode) {
  ASSERT_TRUE(fs::create_directory(folder_.parent_path()));
  fs::permissions(folder_.parent_path(), fs::perms::owner_all | fs::perms::group_all);

  ASSERT_THAT(Webroot::Open(dir_.path()), IsOk());

  EXPECT_EQ(fs::status(folder_.parent_path()).permissions(),
            fs::perms::owner_all | fs::perms::group_all);
}

}  // namespace
}  // namespace certbroker::agent
