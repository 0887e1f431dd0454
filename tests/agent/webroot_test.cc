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

Challenge MakeChallenge(const std::string& token) {
  return {
      .order = "orders/1", .dns_name = "a.test", .token = token, .key_authorization = "k." + token};
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

  EXPECT_THAT(ReadText(folder_ / "tok-_1"), IsOkAndHolds(Eq("k.tok-_1")));
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

TEST_F(WebrootTest, TheRootMustBeThere) {
  EXPECT_THAT(Webroot::Open(fs::path(dir_.path()) / "none"), IsError(Reason::kFileUnusable));
}

}  // namespace
}  // namespace certbroker::agent
