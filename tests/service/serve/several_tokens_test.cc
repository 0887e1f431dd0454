// A service with two tokens: which key is where, and what health checks hear of each.
#include <filesystem>
#include <map>
#include <optional>
#include <thread>

#include "core/account_name.h"
#include "service/hsm_account_keys.h"
#include "service/token_setup.h"
#include "service/token_watch.h"
#include "tests/support/keystore_fixture.h"

namespace certbroker {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

class SeveralTokensTest : public KeystoreFixture {
 protected:
  SeveralTokensTest() {
    first_ = token_.Provision({"acme/le/main/v1", "acme/le/both/v1"}).token;
    const fs::path first_directory = fs::directory_iterator(token_.store())->path();
    keystore::ProvisionOptions options =
        token_.provision_options({"acme/le/spare/v1", "acme/le/both/v1"});
    options.token_label = "second";
    const auto report = keystore::Provision(options, log_);
    EXPECT_THAT(report, IsOk());
    second_ = report->token;
    for (const auto& entry : fs::directory_iterator(token_.store())) {
      if (entry.path() != first_directory) second_directory_ = entry.path();
    }
    config_ = {ConfigOf("a", std::string(SoftToken::kLabel)), ConfigOf("b", "second")};
    issuer_.name = IssuerId("le");
    issuer_.directory = *HttpsUrl::Parse("https://acme.example/dir");
  }
  void TearDown() override {
    watch_.reset();
    keys_.reset();
    opened_.clear();
    KeystoreFixture::TearDown();
  }
  config::KeystoreConfig ConfigOf(const std::string& name, const std::string& label) const {
    config::KeystoreConfig config;
    config.name = name;
    config.module = FaultModule::path();
    config.token = label;
    config.pin_file = token_.pin_file();
    return config;
  }
  void OpenTokens() {
    auto opened = OpenKeystores(config_, ledger_, clock_, log_);
    ASSERT_THAT(opened, IsOk());
    opened_ = *std::move(opened);
    keys_.emplace(TokensOf(opened_, config_), std::vector{issuer_});
  }
  Result<AccountKey> Find(const std::string& account, const std::string& uri = "") {
    return keys_->Find(uri, MakeAccountName(IssuerId("le"), account));
  }
  // Waits until health checks hear that.
  bool Hears(const std::string& name, bool serving) {
    const SteadyTime until = In(milliseconds(5000));
    for (;;) {
      {
        const MutexLock lock(mutex_);
        if (const auto heard = heard_.find(name); heard != heard_.end() && heard->second == serving)
          return true;
      }
      if (clock_.Tick() > until) return false;
      std::this_thread::sleep_for(milliseconds(5));
    }
  }
  void Watch() {
    watch_.emplace(
        TokensOf(opened_, config_),
        [this](const std::string& name, bool serving) {
          const MutexLock lock(mutex_);
          heard_[name] = serving;
        },
        clock_);
  }

  keystore::TokenFacts first_;
  keystore::TokenFacts second_;
  fs::path second_directory_;
  std::vector<config::KeystoreConfig> config_;
  config::IssuerConfig issuer_;
  Keystores opened_;
  std::optional<HsmAccountKeys> keys_;
  std::optional<TokenWatch> watch_;
  Mutex mutex_;
  std::map<std::string, bool> heard_ GUARDED_BY(mutex_);
};

TEST_F(SeveralTokensTest, AKeyIsFoundInWhicheverTokenHasIt) {
  OpenTokens();
  const auto main = Find("main");
  const auto spare = Find("spare");
  ASSERT_THAT(main, IsOk());
  ASSERT_THAT(spare, IsOk());
  EXPECT_THAT(main->uri, HasSubstr("token=certbroker-test"));
  EXPECT_THAT(spare->uri, HasSubstr("token=second"));
  EXPECT_THAT(Find("both"),
              IsError(Reason::kHsmKeyRefused,
                      AllOf(HasSubstr("token=certbroker-test"), HasSubstr("token=second"))));
  EXPECT_THAT(Find("neither"), IsError(Reason::kHsmKeyMissing));

  Account account;
  account.issuer = IssuerId("le");
  account.key_uri = spare->uri;
  account.thumbprint = spare->thumbprint;
  const auto signer = keys_->SignerFor(account);
  ASSERT_THAT(signer, IsOk());
  EXPECT_EQ(SignedBy(**signer), "ok");
}

TEST_F(SeveralTokensTest, AUriChoosesItsTokenByLabelOrSerial) {
  OpenTokens();
  EXPECT_THAT(Find("x", "pkcs11:serial=" + second_.serial + ";object=acme%2Fle%2Fspare%2Fv1"),
              IsOk());
  EXPECT_THAT(Find("x", "pkcs11:token=second;object=acme%2Fle%2Fmain%2Fv1"),
              IsError(Reason::kHsmKeyMissing));
  EXPECT_THAT(Find("x", "pkcs11:token=third;object=acme%2Fle%2Fmain%2Fv1"),
              IsError(Reason::kHsmKeyMissing,
                      AllOf(HasSubstr("no token that is configured"), HasSubstr("'second'"))));
  EXPECT_THAT(Find("x", "pkcs11:token=second;serial=" + first_.serial + ";object=x"),
              IsError(Reason::kHsmKeyMissing, HasSubstr("no token that is configured")));
}

TEST_F(SeveralTokensTest, ALabelThatTwoTokensShareNeedsTheSerial) {
  config_[1] = config_[0];
  config_[1].name = "again";
  OpenTokens();
  EXPECT_THAT(Find("x", SoftToken::UriOf("acme/le/main/v1").ToString()),
              IsError(Reason::kHsmKeyRefused, HasSubstr("add serial=")));
}

TEST_F(SeveralTokensTest, HealthChecksHearOfEachTokenByItself) {
  OpenTokens();
  Watch();
  EXPECT_TRUE(Hears("certbroker.v1.keystore/a", true));
  EXPECT_TRUE(Hears("certbroker.v1.keystore/b", true));
  const auto main = Find("main");
  const auto spare = Find("spare");
  ASSERT_THAT(spare, IsOk());
  fs::rename(second_directory_, token_.store() + "/../away");
  EXPECT_THAT(Find("spare", spare->uri), IsError(Reason::kHsmUnavailable));
  EXPECT_TRUE(Hears("certbroker.v1.keystore/b", false));
  EXPECT_TRUE(Hears("certbroker.v1.keystore/a", true));
  EXPECT_THAT(Find("main", main->uri), IsOk());
  fs::rename(token_.store() + "/../away", second_directory_);
  EXPECT_TRUE(Hears("certbroker.v1.keystore/b", true));
}

// Nobody knows yet what is on it, so nothing is said to be missing.
TEST_F(SeveralTokensTest, ATokenThatIsNotThereAtStartIsNoMissingKey) {
  fs::rename(second_directory_, token_.store() + "/../away");
  OpenTokens();
  EXPECT_EQ(opened_[0]->health().state, keystore::TokenState::kUp);
  EXPECT_THAT(Find("main", "pkcs11:token=certbroker-test;object=acme%2Fle%2Fmain%2Fv1"), IsOk());
  EXPECT_THAT(Find("x", "pkcs11:token=second;object=acme%2Fle%2Fspare%2Fv1"),
              IsError(Reason::kHsmUnavailable));
  EXPECT_THAT(Find("x", "pkcs11:serial=0000000000000000;object=x"),
              IsError(Reason::kHsmUnavailable, HasSubstr("has not been reached yet")));
}

}  // namespace
}  // namespace certbroker
