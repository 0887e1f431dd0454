// Whole processes: how they end while they sign, what kills leave behind, several on one store.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "core/random.h"
#include "tests/support/forked_signer.h"
#include "tests/support/result_matchers.h"
#include "tests/support/soft_token.h"
#include "tests/support/unprivileged.h"

namespace certbroker {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

class ProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // This process must not load the module: its children would not survive it.
    ASSERT_TRUE(InChild(
        [](const void* token) {
          static_cast<const SoftToken*>(token)->Provision({"main"});
          return true;
        },
        &token_));
  }
  void TearDown() override { token_.MakeWritable(); }
  ForkedSigner Start(int signatures = 0) {
    return ForkedSigner({.keystore = token_.keystore_options(),
                         .key_uri = SoftToken::UriOf("main").ToString(),
                         .signatures = signatures});
  }
  // Every file of the store with its content.
  std::map<std::string, std::string> Store() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(token_.store())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      files[entry.path()] = std::string(std::istreambuf_iterator<char>(file), {});
    }
    return files;
  }
  void SleepUpTo(milliseconds limit) {
    std::this_thread::sleep_for(
        milliseconds(random_.Below(static_cast<std::uint64_t>(limit.count()))));
  }

  SoftToken token_;
  SystemRandom random_;
};

// Exit during SoftHSM's own work crashes it (SoftHSMv2#688).
TEST_F(ProcessTest, AHundredTerminationsUnderLoadAreOrderly) {
  token_.MakeReadOnly();
  for (int round = 0; round < 25; ++round) {
    std::vector<ForkedSigner> signers;
    for (int i = 0; i < 4; ++i) signers.push_back(Start());
    for (ForkedSigner& signer : signers) {
      ASSERT_TRUE(signer.AwaitSigning());
      SleepUpTo(milliseconds(10));
      signer.Signal(SIGTERM);
    }
    for (ForkedSigner& signer : signers) ASSERT_EQ(signer.Await(), 0) << "round " << round;
  }
}

// On a store that it can write, SoftHSM loses a token in one kill of nine.
TEST_F(ProcessTest, KillsLeaveAReadOnlyStoreAsItWas) {
  token_.MakeReadOnly();
  const auto before = Store();
  ASSERT_GE(before.size(), 3U);
  for (int round = 0; round < 60; ++round) {
    ForkedSigner signer = Start();
    SleepUpTo(milliseconds(30));
    signer.Signal(SIGKILL);
    EXPECT_EQ(signer.Await(), -SIGKILL);
  }
  EXPECT_EQ(Store(), before);
  EXPECT_EQ(Start(20).Await(), 0);
}

TEST_F(ProcessTest, SeveralProcessesLogInToOneReadOnlyStoreAtOnce) {
  token_.MakeReadOnly();
  for (int round = 0; round < 10; ++round) {
    std::vector<ForkedSigner> signers;
    for (int i = 0; i < 4; ++i) signers.push_back(Start(25));
    for (ForkedSigner& signer : signers) EXPECT_EQ(signer.Await(), 0);
  }
}

}  // namespace
}  // namespace certbroker

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  certbroker::BecomeUnprivileged();
  return RUN_ALL_TESTS();
}
