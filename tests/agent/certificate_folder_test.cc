#include "agent/certificate_folder.h"

#include <sys/stat.h>
#include <unistd.h>

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
using ::testing::UnorderedElementsAre;

CertificateSet MakeSet(const std::string& serial) {
  return {.key_pem = Secret("key " + serial + "\n"),
          .certificate_pem = "leaf " + serial + "\n",
          .chain_pem = "issuer\n",
          .state = {.certificate = "certificates/1",
                    .order = "orders/" + serial,
                    .serial = serial,
                    .wish = {.names = {*Identifier::Parse("a.test")}}}};
}

class CertificateFolderTest : public ::testing::Test {
 protected:
  std::string Text(const char* name) const { return ReadText(path_ / name).value(); }
  std::vector<std::string> Versions() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path_ / "versions")) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  void Install(const std::string& serial) const {
    auto folder = CertificateFolder::Open(path_);
    ASSERT_THAT(folder, IsOk());
    ASSERT_THAT(folder->Install(MakeSet(serial)), IsOk());
  }

  const TempDir dir_;
  const fs::path path_ = fs::path(dir_.path()) / "deep" / "app.test";
};

TEST_F(CertificateFolderTest, InstallsTheWholeSet) {
  Install("0a");

  EXPECT_EQ(Text("privkey.pem"), "key 0a\n");
  EXPECT_EQ(Text("cert.pem"), "leaf 0a\n");
  EXPECT_EQ(Text("chain.pem"), "issuer\n");
  EXPECT_EQ(Text("fullchain.pem"), "leaf 0a\nissuer\n");
  const auto installed = ReadInstalled(path_);
  ASSERT_THAT(installed, IsOk());
  ASSERT_TRUE(installed->has_value());
  EXPECT_EQ((*installed)->serial, "0a");
  EXPECT_EQ((*installed)->certificate, "certificates/1");
  EXPECT_EQ((*installed)->wish, MakeSet("0a").state.wish);
}

TEST_F(CertificateFolderTest, TheKeyIsTheOwnersOnly) {
  Install("0a");

  struct stat key {
  }, certificate{};
  ASSERT_EQ(::stat((path_ / "privkey.pem").c_str(), &key), 0);
  ASSERT_EQ(::stat((path_ / "fullchain.pem").c_str(), &certificate), 0);
  EXPECT_EQ(key.st_mode & 07777U, 0600U);
  EXPECT_EQ(certificate.st_mode & 07777U, 0644U);
}

// What makes the swap atomic: every file is reached through the one link.
TEST_F(CertificateFolderTest, EveryFileIsALinkThroughCurrent) {
  Install("0a");

  for (const char* name : {"privkey.pem", "cert.pem", "chain.pem", "fullchain.pem"}) {
    EXPECT_EQ(fs::read_symlink(path_ / name), fs::path("current") / name);
  }
  EXPECT_EQ(fs::read_symlink(path_ / "current"), "versions/0a");
}

TEST_F(CertificateFolderTest, KeepsTheVersionBeforeAndNoOlderOne) {
  Install("0a");
  Install("0b");
  EXPECT_THAT(Versions(), UnorderedElementsAre("0a", "0b"));
  Install("0c");

  EXPECT_EQ(Text("cert.pem"), "leaf 0c\n");
  EXPECT_THAT(Versions(), UnorderedElementsAre("0b", "0c"));
}

TEST_F(CertificateFolderTest, TheSameSetTwiceIsOneVersion) {
  Install("0a");
  Install("0a");

  EXPECT_THAT(Versions(), UnorderedElementsAre("0a"));
  EXPECT_EQ(Text("privkey.pem"), "key 0a\n");
}

TEST_F(CertificateFolderTest, AnotherCertificateWithTheSameSerialIsAnotherVersion) {
  Install("0a");
  auto folder = CertificateFolder::Open(path_);
  CertificateSet other = MakeSet("0a");
  other.certificate_pem = "leaf of another CA\n";

  ASSERT_THAT(folder->Install(other), IsOk());

  EXPECT_EQ(Text("cert.pem"), "leaf of another CA\n");
  EXPECT_THAT(Versions(), UnorderedElementsAre("0a", "0a-1"));
}

// As a kill before the swap leaves it: the new version is whole, and nobody sees it yet.
TEST_F(CertificateFolderTest, AnInstallationThatWasKilledIsTakenUpAgain) {
  Install("0a");
  Install("0b");
  ASSERT_THAT(SwapLink(path_ / "current", "versions/0a"), IsOk());
  fs::create_directory(path_ / "versions" / ".new");
  ASSERT_THAT(WriteDurably(path_ / "versions" / ".new" / "privkey.pem", "half", 0600), IsOk());
  EXPECT_EQ(Text("cert.pem"), "leaf 0a\n");
  EXPECT_EQ(Text("privkey.pem"), "key 0a\n");

  Install("0b");

  EXPECT_EQ(Text("cert.pem"), "leaf 0b\n");
  EXPECT_EQ(Text("privkey.pem"), "key 0b\n");
  EXPECT_THAT(Versions(), UnorderedElementsAre("0a", "0b"));
}

TEST_F(CertificateFolderTest, WhatFailsLeavesTheOldSet) {
  Install("0a");
  auto folder = CertificateFolder::Open(path_);
  // A folder where the draft's file should go cannot be written over.
  CertificateSet broken = MakeSet("no/such/folder");

  EXPECT_THAT(folder->Install(broken), IsError(Reason::kFileUnusable));

  EXPECT_EQ(Text("cert.pem"), "leaf 0a\n");
  EXPECT_EQ(Text("privkey.pem"), "key 0a\n");
}

TEST_F(CertificateFolderTest, FilesOfSomebodyElseAreNotTouched) {
  fs::create_directories(path_);
  ASSERT_THAT(WriteDurably(path_ / "cert.pem", "theirs", 0644), IsOk());

  EXPECT_THAT(CertificateFolder::Open(path_),
              IsError(Reason::kFileUnusable, HasSubstr("was not made by certbroker-agent")));
  EXPECT_EQ(Text("cert.pem"), "theirs");
}

TEST_F(CertificateFolderTest, OneProcessWorksInItAtATime) {
  const auto first = CertificateFolder::Open(path_);
  ASSERT_THAT(first, IsOk());

  EXPECT_THAT(CertificateFolder::Open(path_),
              IsError(Reason::kFileUnusable, HasSubstr("another certbroker-agent")));
}

TEST_F(CertificateFolderTest, NothingInstalledIsNoError) {
  const auto installed = ReadInstalled(path_);

  ASSERT_THAT(installed, IsOk());
  EXPECT_FALSE(installed->has_value());
}

TEST_F(CertificateFolderTest, AStateFileThatCannotBeReadIsNamed) {
  fs::create_directories(path_);
  ASSERT_THAT(WriteDurably(path_ / "certificate.json", "{}", 0644), IsOk());

  EXPECT_THAT(ReadInstalled(path_), IsError(Reason::kFileUnusable, HasSubstr("certificate.json")));
}

}  // namespace
}  // namespace certbroker::agent
