// Several tokens at once: of one module, where starting it over concerns them all, and of two.
#include "keystore/shared_module.h"

#include <filesystem>
#include <set>
#include <thread>

#include "keystore/token_link.h"
#include "tests/fakes/fake_random.h"
#include "tests/support/keystore_fixture.h"
#include "tests/support/signing_load.h"

namespace certbroker::keystore {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kLoadDeadline{1000};

class SharedModuleTest : public KeystoreFixture {
 protected:
  SharedModuleTest() {
    token_.Provision({"main"});
    const std::set<fs::path> before = Directories();
    ProvisionOptions options = token_.provision_options({"main"});
    options.token_label = "second";
    EXPECT_THAT(Provision(options, log_), IsOk());
    for (const fs::path& directory : Directories()) {
      if (!before.contains(directory)) second_directory_ = directory;
    }
  }
  void TearDown() override {
    second_signer_.reset();
    second_.reset();
    KeystoreFixture::TearDown();
  }
  std::set<fs::path> Directories() const {
    std::set<fs::path> all;
    for (const auto& entry : fs::directory_iterator(token_.store())) all.insert(entry.path());
    return all;
  }

  void OpenBoth(const std::string& second_module = FaultModule::path()) {
    Open();
    main_ = SignerOf("main");
    KeystoreOptions options = token_.keystore_options();
    options.module = second_module;
    options.token.label = "second";
    auto opened = Keystore::Open(options, ledger_, clock_, log_);
    ASSERT_THAT(opened, IsOk());
    second_ = *std::move(opened);
    auto signer = second_->SignerFor(
        *KeyUri::Parse("pkcs11:token=second;object=main"),
        {.allowed_origins = {"https://acme.example:443"}, .expected_thumbprint = std::nullopt});
    ASSERT_THAT(signer, IsOk());
    second_signer_ = *std::move(signer);
    ASSERT_NE(main_->public_key(), second_signer_->public_key());
  }
  static bool IsUpWithin(const Keystore& keystore, milliseconds limit) {
    const SystemClock clock;
    const SteadyTime until = clock.Tick() + limit;
    while (keystore.health().state != TokenState::kUp && clock.Tick() < until) {
      std::this_thread::sleep_for(milliseconds(2));
    }
    return keystore.health().state == TokenState::kUp;
  }
  void HideSecond() { fs::rename(second_directory_, token_.store() + "/../second"); }
  void ShowSecond() { fs::rename(token_.store() + "/../second", second_directory_); }
  static void ExpectUndisturbed(const SigningLoad::Report& report) {
    EXPECT_GT(report.good, 0);
    EXPECT_EQ(report.wrong, 0);
    EXPECT_TRUE(report.errors.empty()) << report.errors.begin()->first;
    EXPECT_LE(report.longest, kLoadDeadline + milliseconds(50) + report.stall);
  }

  fs::path second_directory_;
  std::unique_ptr<Keystore> second_;
  std::unique_ptr<Signer> main_;
  std::unique_ptr<Signer> second_signer_;
};

TEST_F(SharedModuleTest, TwoTokensOfOneModuleSign) {
  const long started = faults_.Calls("C_Initialize");
  OpenBoth();
  EXPECT_EQ(SignedBy(*main_), "ok");
  EXPECT_EQ(SignedBy(*second_signer_), "ok");
  EXPECT_NE(keystore_->health().token->serial, second_->health().token->serial);
  // The second one came to a module that was running: once for libp11, once for ourselves.
  EXPECT_EQ(faults_.Calls("C_Initialize") - started, 2);
  EXPECT_EQ(keystore_->health().epoch, 1U);
  main_.reset();
  keystore_.reset();
  EXPECT_EQ(SignedBy(*second_signer_), "ok");
}

TEST_F(SharedModuleTest, AStartOverForOneIsWaitedOutByTheOther) {
  OpenBoth();
  const auto module = SharedModule::Get(FaultModule::path(), "");
  ASSERT_THAT(module, IsOk());
  FakeRandom random;
  TokenLink third(**module, {{"second", ""}, token_.pin_file(), 2}, {}, ledger_, clock_, random,
                  log_);
  ASSERT_THAT(third.WaitForStart(In(milliseconds(5000))), IsOk());
  SigningLoad load({main_.get()}, 4, kLoadDeadline);
  ASSERT_TRUE(load.SignsAgain(milliseconds(1000)));
  const std::uint64_t epoch = third.epoch();
  third.ReportLost(epoch, Fault::kToken);
  ASSERT_THAT(third.Enter(In(milliseconds(5000))), IsOk());
  EXPECT_EQ(third.epoch(), epoch + 1);
  ASSERT_TRUE(load.SignsAgain(milliseconds(1000)));
  ExpectUndisturbed(load.Stop());
  // All of them had to connect again.
  EXPECT_EQ(keystore_->health().epoch, 2U);
  EXPECT_EQ(SignedBy(*second_signer_), "ok");
  EXPECT_EQ(second_->health().epoch, 2U);
}

TEST_F(SharedModuleTest, OneIsDownAndTheOtherSignsOn) {
  OpenBoth();
  SigningLoad load({main_.get()}, 4, kLoadDeadline);
  HideSecond();
  EXPECT_NE(SignedBy(*second_signer_), "ok");
  const SteadyTime until = In(milliseconds(2500));
  long tries = 0;
  for (; clock_.Tick() < until; ++tries) {
    EXPECT_NE(SignedBy(*second_signer_), "ok");
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_EQ(second_->health().state, TokenState::kDown);
  EXPECT_EQ(keystore_->health().state, TokenState::kUp);
  // The module was not started over time and again for it.
  EXPECT_LE(keystore_->health().epoch, 5U);
  ShowSecond();
  EXPECT_TRUE(IsUpWithin(*second_, milliseconds(12'000)));
  EXPECT_EQ(SignedBy(*second_signer_), "ok");
  ExpectUndisturbed(load.Stop());
}

// SoftHSM2 twice: a copy of it is another module to the loader.
TEST_F(SharedModuleTest, TwoModulesKnowNothingOfEachOther) {
  const std::string copy = token_.store() + "/../another.so";
  fs::copy_file(SoftToken::kModule, copy);
  OpenBoth(copy);
  SigningLoad load({second_signer_.get()}, 4, kLoadDeadline);
  ASSERT_TRUE(load.SignsAgain(milliseconds(1000)));
  for (int round = 0; round < 3; ++round) {
    faults_.Set("C_Sign 0x30 1 0");
    EXPECT_EQ(SignedBy(*main_), "ok");
  }
  faults_.Set("C_Sign 0 1 hold");
  EXPECT_THAT(main_->Sign(Input(), In(milliseconds(100))), IsError(Reason::kHsmUnavailable));
  ASSERT_TRUE(load.SignsAgain(milliseconds(1000)));
  faults_.Set("");
  EXPECT_GE(keystore_->health().epoch, 4U);
  EXPECT_EQ(second_->health().epoch, 1U);
  ExpectUndisturbed(load.Stop());
}

}  // namespace
}  // namespace certbroker::keystore
