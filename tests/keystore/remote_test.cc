// A token behind a socket: the daemon dies, hangs and comes back while threads sign.
#include <csignal>
#include <thread>

#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_key_use_ledger.h"
#include "tests/support/remote_token.h"
#include "tests/support/result_matchers.h"
#include "tests/support/signing_load.h"

namespace certbroker::keystore {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRemoteDeadline{400};

class RemoteTest : public ::testing::Test {
 protected:
  RemoteTest() {
    std::signal(SIGPIPE, SIG_IGN);  // as every program of ours does first
    auto keystore = Keystore::Open(remote_.keystore_options(), ledger_, clock_, log_);
    EXPECT_THAT(keystore, IsOk());
    keystore_ = *std::move(keystore);
    for (const char* label : {"main", "other"}) {
      auto signer = keystore_->SignerFor(
          SoftToken::UriOf(label),
          {.allowed_origins = {"https://acme.example:443"}, .expected_thumbprint = std::nullopt});
      EXPECT_THAT(signer, IsOk());
      signers_.push_back(*std::move(signer));
    }
  }
  std::unique_ptr<SigningLoad> Load() {
    return std::make_unique<SigningLoad>(std::vector<Signer*>{signers_[0].get(), signers_[1].get()},
                                         8, kRemoteDeadline);
  }
  static void CheckPromises(const SigningLoad::Report& report) {
    EXPECT_EQ(report.wrong, 0);
    EXPECT_LE(report.longest, kRemoteDeadline + milliseconds(50) + report.stall);
    for (const auto& [reason, count] : report.errors) {
      EXPECT_EQ(reason, "HSM_UNAVAILABLE") << count << " times";
    }
  }

  RemoteToken remote_{{"main", "other"}};
  SystemClock clock_;
  CaptureLog log_;
  FakeKeyUseLedger ledger_;
  std::unique_ptr<Keystore> keystore_;
  std::vector<std::unique_ptr<Signer>> signers_;
};

TEST_F(RemoteTest, TheDaemonIsKilledAndComesBackUnderLoad) {
  const auto load = Load();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(load->SignsAgain(milliseconds(1000)));
    remote_.Kill();
    std::this_thread::sleep_for(milliseconds(300));
    remote_.Start();
    EXPECT_TRUE(load->SignsAgain(milliseconds(1000))) << "round " << round;
  }
  CheckPromises(load->Stop());
}

TEST_F(RemoteTest, TheDaemonHangsForAWhileUnderLoad) {
  const auto load = Load();
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(load->SignsAgain(milliseconds(1000)));
    remote_.Freeze();
    std::this_thread::sleep_for(3 * kRemoteDeadline);
    remote_.Thaw();
    EXPECT_TRUE(load->SignsAgain(milliseconds(1000))) << "round " << round;
  }
  CheckPromises(load->Stop());
}

// What hangs and does not come back by itself: its supervisor kills it and starts another one.
TEST_F(RemoteTest, ADaemonThatHangsIsReplaced) {
  const auto load = Load();
  ASSERT_TRUE(load->SignsAgain(milliseconds(1000)));
  remote_.Freeze();
  std::this_thread::sleep_for(2 * kRemoteDeadline);
  remote_.Kill();
  remote_.Start();
  EXPECT_TRUE(load->SignsAgain(milliseconds(1000)));
  CheckPromises(load->Stop());
}

}  // namespace
}  // namespace certbroker::keystore
