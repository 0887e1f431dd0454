#include "service/dev/soft_token.h"

#include <sys/stat.h>

#include "service/dev/text_file.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::dev {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

mode_t ModeOf(const std::filesystem::path& path) {
  struct stat facts = {};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
  return facts.st_mode & 07777U;
}

class SoftTokenTest : public ::testing::Test {
 protected:
  TempDir dir_;
  FakeRandom random_;
};

TEST_F(SoftTokenTest, PinsAreLongDifferentAndForTheOwnerOnly) {
  const auto token = PrepareSoftToken(dir_.path(), random_);
  ASSERT_THAT(token, IsOk());

  const auto pin = ReadFile(token->pin_file);
  const auto so_pin = ReadFile(token->so_pin_file);

  EXPECT_THAT(pin, IsOkAndHolds(MatchesRegex("[a-z2-7]{26}")));
  EXPECT_THAT(so_pin, IsOkAndHolds(MatchesRegex("[a-z2-7]{26}")));
  EXPECT_NE(*pin, *so_pin);
  EXPECT_EQ(ModeOf(token->pin_file), 0400U);
  EXPECT_EQ(ModeOf(token->so_pin_file), 0400U);
}

TEST_F(SoftTokenTest, ConfigurationNamesThePrivateStore) {
  const auto token = PrepareSoftToken(dir_.path(), random_);
  ASSERT_THAT(token, IsOk());

  EXPECT_THAT(ReadFile(token->configuration),
              IsOkAndHolds(AllOf(HasSubstr("directories.tokendir = " + dir_.path() + "/tokens\n"),
                                 HasSubstr("library.reset_on_fork = false\n"))));
}

TEST_F(SoftTokenTest, NobodyMayWriteToASealedStore) {
  const auto token = PrepareSoftToken(dir_.path(), random_);
  ASSERT_THAT(token, IsOk());
  std::filesystem::create_directories(token->store / "a");
  ASSERT_THAT(WriteFile(token->store / "a" / "token.object", "x", 0600), IsOk());

  ASSERT_THAT(SealSoftToken(*token), IsOk());

  EXPECT_EQ(ModeOf(token->store), 0555U);
  EXPECT_EQ(ModeOf(token->store / "a"), 0555U);
  EXPECT_EQ(ModeOf(token->store / "a" / "token.object"), 0444U);
}

TEST_F(SoftTokenTest, UriEscapesTheKeysLabel) {
  SoftToken token;
  token.label = "certbroker";

  EXPECT_EQ(KeyUri(token, "acme/pebble/main/v1"),
            "pkcs11:token=certbroker;object=acme%2Fpebble%2Fmain%2Fv1;type=private");
}

}  // namespace
}  // namespace certbroker::dev
