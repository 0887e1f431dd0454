// A PIN that the token refuses, while many callers want to sign: tokens lock after a few tries.
#include <thread>

#include "tests/support/keystore_fixture.h"

namespace certbroker::keystore {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class PinFaultTest : public KeystoreFixture {
 protected:
  void SetUp() override { token_.Provision({"main"}); }
  // What a hundred callers hear who all ask at once, counted by reason.
  std::map<std::string, int> HundredCallers(Signer& signer) {
    std::map<std::string, int> heard;
    Mutex mutex;
    std::vector<std::jthread> threads;
    threads.reserve(100);
    for (int i = 0; i < 100; ++i) {
      threads.emplace_back([&] {
        const auto body = signer.Sign(Input(), In(milliseconds(5000)));
        const MutexLock lock(mutex);
        ++heard[body ? "ok" : std::string(TraitsOf(body.error().reason()).name)];
      });
    }
    threads.clear();
    return heard;
  }
};

TEST_F(PinFaultTest, AHundredWaitingCallersCostOneLogin) {
  faults_.Set("PINTRIES 3");
  Open();
  const auto main = SignerOf("main");
  ASSERT_EQ(SignedBy(*main), "ok");
  token_.WritePin("changed and wrong");
  const long logins = faults_.Calls("C_Login");
  faults_.Set("PINTRIES 3\nC_SignInit 0x190 1 0");
  const auto heard = HundredCallers(*main);
  EXPECT_GT(heard.at("HSM_PIN_REFUSED"), 0);
  ASSERT_TRUE(Becomes(TokenState::kPinBlocked));
  HundredCallers(*main);
  EXPECT_EQ(faults_.Calls("C_Login") - logins, 1);

  // Not locked, and back without a restart or a wait once the file is right.
  token_.WritePin(SoftToken::kPin);
  EXPECT_TRUE(Becomes(TokenState::kUp, milliseconds(1500)));
  EXPECT_EQ(SignedBy(*main), "ok");
  EXPECT_EQ(faults_.Calls("C_Login") - logins, 2);
}

TEST_F(PinFaultTest, ATokenThatLocksAfterThreeTriesIsNotLocked) {
  faults_.Set("PINTRIES 3");
  for (const std::string wrong : {"one", "two", "three", "four", "five"}) {
    token_.WritePin(wrong);
    for (int i = 0; i < 3; ++i) EXPECT_THAT(TryOpen(), IsError(Reason::kHsmPinRefused));
  }
  token_.WritePin(SoftToken::kPin);
  EXPECT_THAT(TryOpen(), IsError(Reason::kHsmPinRefused, HasSubstr("one PIN try left")));
  // An operator logs in by hand, with the right PIN.
  faults_.Set("");
  EXPECT_THAT(TryOpen(), IsOk());
}

TEST_F(PinFaultTest, TheLastTryIsNotSpent) {
  faults_.Set("TOKENFLAGS 0x20000");
  const long logins = faults_.Calls("C_Login");
  EXPECT_THAT(TryOpen(), IsError(Reason::kHsmPinRefused, HasSubstr("one PIN try left")));
  faults_.Set("TOKENFLAGS 0x40000");
  EXPECT_THAT(TryOpen(), IsError(Reason::kHsmPinRefused, HasSubstr("is locked")));
  EXPECT_EQ(faults_.Calls("C_Login") - logins, 0);
}

// A PIN file that is gone for a moment, as while systemd writes a credential anew.
TEST_F(PinFaultTest, APinFileThatComesBackIsReadSoon) {
  Open();
  const auto main = SignerOf("main");
  ASSERT_EQ(std::rename(token_.pin_file().c_str(), (token_.pin_file() + ".away").c_str()), 0);
  faults_.Set("C_SignInit 0x190 1 0");
  EXPECT_THAT(SignedBy(*main), HasSubstr("HSM_PIN_REFUSED"));
  ASSERT_EQ(std::rename((token_.pin_file() + ".away").c_str(), token_.pin_file().c_str()), 0);
  EXPECT_TRUE(Becomes(TokenState::kUp, milliseconds(1500)));
  EXPECT_EQ(SignedBy(*main), "ok");
}

}  // namespace
}  // namespace certbroker::keystore
