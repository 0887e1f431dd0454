#include "keystore/token_sync.h"

#include <filesystem>
#include <fstream>

#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::keystore {
namespace {

using ::testing::HasSubstr;

TEST(TokenSyncTest, WalksTheWholeStore) {
  const TempDir dir;
  std::filesystem::create_directories(dir.path() + "/tokens/one");
  std::ofstream(dir.path() + "/tokens/one/key.object") << "x";
  // What is neither file nor directory is not the token's.
  std::filesystem::create_symlink("/nonexistent", dir.path() + "/tokens/link");
  EXPECT_THAT(SyncTokenDirectory(dir.path()), IsOk());
}

TEST(TokenSyncTest, NamesWhatCouldNotBeMadeDurable) {
  EXPECT_THAT(SyncTokenDirectory("/nonexistent/tokens"),
              IsError(Reason::kHsmUnavailable, HasSubstr("/nonexistent/tokens")));
}

}  // namespace
}  // namespace certbroker::keystore
