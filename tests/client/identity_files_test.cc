#include "client/identity_files.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/channel.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_certificates.h"

namespace certbroker::client {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class IdentityFilesTest : public ::testing::Test {
 protected:
  IdentityFilesTest() : leaf_(MakeTestLeaf(&ca_)) {
    files_ = {.ca = Write("ca.pem", ca_.ToPem()),
              .identity = Write("id.pem", leaf_.ToPem()),
              .identity_key = Write("id.key", leaf_.KeyToPem())};
  }

  fs::path Write(const std::string& name, const std::string& text) {
    fs::path path = fs::path(dir_.path()) / name;
    std::ofstream(path) << text;
    return path;
  }

  const TempDir dir_;
  const TestCertificate ca_ = MakeTestCa();
  const TestCertificate leaf_;
  IdentityFiles files_;
};

TEST_F(IdentityFilesTest, ReadsAPairThatFits) {
  const auto identity = ReadIdentity(files_);

  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->ca_pem, ca_.ToPem());
  EXPECT_EQ(identity->chain_pem, leaf_.ToPem());
  EXPECT_EQ(identity->key_pem.ExposeForUse(), leaf_.KeyToPem());
}

TEST_F(IdentityFilesTest, ReadsKeyAndCertificateFromOneFile) {
  files_.identity = Write("both.pem", leaf_.KeyToPem() + leaf_.ToPem());
  files_.identity_key.clear();

  const auto identity = ReadIdentity(files_);

  ASSERT_THAT(identity, IsOk());
  EXPECT_EQ(identity->chain_pem, leaf_.ToPem());
  EXPECT_THAT(std::string(identity->key_pem.ExposeForUse()), HasSubstr(leaf_.KeyToPem()));
}

TEST_F(IdentityFilesTest, OneFileNeedsAKeyToo) {
  files_.identity_key.clear();

  EXPECT_THAT(ReadIdentity(files_),
              IsError(Reason::kFileUnusable,
                      AllOf(HasSubstr("id.pem"), HasSubstr("no unencrypted private key"))));
}

TEST_F(IdentityFilesTest, NamesTheFileThatIsMissing) {
  files_.ca = fs::path(dir_.path()) / "nowhere.pem";

  EXPECT_THAT(ReadIdentity(files_),
              IsError(Reason::kFileUnusable,
                      AllOf(HasSubstr("CA file"), HasSubstr("nowhere.pem: No such file"))));
}

TEST_F(IdentityFilesTest, RefusesAFolder) {
  files_.identity = dir_.path();

  EXPECT_THAT(ReadIdentity(files_), IsError(Reason::kFileUnusable, HasSubstr("is not a file")));
}

TEST_F(IdentityFilesTest, RefusesTheKeyOfAnotherCertificate) {
  files_.identity_key = Write("other.key", MakeTestLeaf(&ca_).KeyToPem());

  EXPECT_THAT(ReadIdentity(files_),
              IsError(Reason::kFileUnusable,
                      AllOf(HasSubstr("other.key"), HasSubstr("is not the key of"))));
}

TEST_F(IdentityFilesTest, RefusesFilesThatChangedPlaces) {
  std::swap(files_.identity, files_.identity_key);

  EXPECT_THAT(ReadIdentity(files_),
              IsError(Reason::kFileUnusable, HasSubstr("holds no certificate in PEM")));
}

TEST_F(IdentityFilesTest, SaysThatAnIdentityHasExpired) {
  const TestCertificate old = MakeTestLeaf(&ca_, {.expired = true});
  files_.identity = Write("old.pem", old.ToPem());
  files_.identity_key = Write("old.key", old.KeyToPem());

  EXPECT_THAT(ReadIdentity(files_), IsError(Reason::kFileUnusable, HasSubstr("has expired")));
  EXPECT_THAT(ReadIdentity(files_, Dates::kIgnored), IsOk());
}

TEST_F(IdentityFilesTest, AnAddressNeedsAPort) {
  for (const char* address : {"", "host", "host:", ":443", "[::1]"}) {
    EXPECT_THAT(Connect(address, files_), IsError(Reason::kInvalidArgument)) << address;
  }
  EXPECT_THAT(Connect("[::1]:443", files_), IsOk());
}

TEST_F(IdentityFilesTest, TheOperatorsAddressIsASocketThatIsThere) {
  EXPECT_THAT(ConnectLocal("/run/x.sock"), IsError(Reason::kInvalidArgument));
  EXPECT_THAT(ConnectLocal("unix:" + dir_.path() + "/none.sock"),
              IsError(Reason::kFileUnusable, HasSubstr("is the service running")));
}

}  // namespace
}  // namespace certbroker::client
