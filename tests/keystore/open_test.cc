// What a keystore does with a module, a token, a PIN or a key that is not as it should be.
#include <fstream>

#include "tests/support/keystore_fixture.h"

namespace certbroker::keystore {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using OpenTest = KeystoreFixture;

TEST_F(OpenTest, SignsWithAKeyOfTheToken) {
  const auto report = token_.Provision({"main", "other"});
  Open();
  EXPECT_EQ(keystore_->health().state, TokenState::kUp);
  EXPECT_EQ(keystore_->health().token->serial, report.token.serial);
  EXPECT_EQ(SignedBy(*SignerOf("main")), "ok");
  EXPECT_EQ(SignedBy(*SignerOf("other")), "ok");
  EXPECT_NE(SignerOf("main")->public_key(), SignerOf("other")->public_key());
  EXPECT_EQ(faults_.Calls("C_Login"), 2 + 1);  // provisioning: officer and user; then ours
}

TEST_F(OpenTest, NamesTheModuleThatIsMissing) {
  KeystoreOptions options = token_.keystore_options();
  options.module = "/nonexistent/libhsm.so";
  EXPECT_THAT(Keystore::Open(options, ledger_, clock_, log_),
              IsError(Reason::kConfigInvalid, HasSubstr("/nonexistent/libhsm.so")));
  options.module = token_.pin_file();
  EXPECT_THAT(Keystore::Open(options, ledger_, clock_, log_), IsError(Reason::kConfigInvalid));
}

TEST_F(OpenTest, AModuleIsSharedUnderOneSetOfArguments) {
  token_.Provision({"main"});
  Open();
  KeystoreOptions options = token_.keystore_options();
  options.init_args = "other";
  EXPECT_THAT(Keystore::Open(options, ledger_, clock_, log_),
              IsError(Reason::kConfigInvalid, HasSubstr("other init_args")));
  EXPECT_THAT(TryOpen(), IsOk());
  EXPECT_EQ(SignedBy(*SignerOf("main")), "ok");
  keystore_.reset();
  // SoftHSM does not read them.
  EXPECT_THAT(Keystore::Open(options, ledger_, clock_, log_), IsOk());
}

TEST_F(OpenTest, WantsModuleTokenAndPin) {
  for (const auto spoil :
       {+[](KeystoreOptions& o) { o.module.clear(); }, +[](KeystoreOptions& o) { o.token = {}; },
        +[](KeystoreOptions& o) { o.pin_file = {}; },
        +[](KeystoreOptions& o) { o.sessions = 0; }}) {
    KeystoreOptions options = token_.keystore_options();
    spoil(options);
    EXPECT_THAT(Keystore::Open(options, ledger_, clock_, log_), IsError(Reason::kConfigInvalid));
  }
}

TEST_F(OpenTest, SaysWhichTokensThereAreWhenItsOwnIsMissing) {
  token_.Provision({"main"});
  KeystoreOptions options = token_.keystore_options();
  options.token.label = "elsewhere";
  auto keystore = Keystore::Open(options, ledger_, clock_, log_);
  ASSERT_THAT(keystore, IsOk());
  keystore_ = *std::move(keystore);
  EXPECT_EQ(keystore_->health().state, TokenState::kDown);
  EXPECT_THAT(TrySigner("main"),
              IsError(Reason::kHsmUnavailable,
                      AllOf(HasSubstr("'elsewhere' is not there"), HasSubstr("certbroker-test"))));
  EXPECT_EQ(faults_.Calls("C_Login"), 2);
}

TEST_F(OpenTest, OffersAWrongPinOnce) {
  token_.Provision({"main"});
  token_.WritePin("not the pin");
  const long before = faults_.Calls("C_Login");
  EXPECT_THAT(TryOpen(), IsError(Reason::kHsmPinRefused, AllOf(HasSubstr("CKR_PIN_INCORRECT"),
                                                               Not(HasSubstr("not the pin")))));
  EXPECT_EQ(faults_.Calls("C_Login") - before, 1);
}

TEST_F(OpenTest, OffersNothingWithoutAPinFileThatIsSafe) {
  token_.Provision({"main"});
  const long before = faults_.Calls("C_Login");
  KeystoreOptions options = token_.keystore_options();
  options.pin_file = options.pin_file.text() + ".absent";
  EXPECT_THAT(Keystore::Open(options, ledger_, clock_, log_),
              IsError(Reason::kHsmPinRefused, HasSubstr(".absent")));
  EXPECT_EQ(faults_.Calls("C_Login") - before, 0);
}

// The last try is not ours to spend: three wrong ones lock a real token for good.
TEST_F(OpenTest, LeavesALockedTokenAlone) {
  token_.Provision({"main"});
  const long before = faults_.Calls("C_Login");
  faults_.Set("C_Login 0xa4 -1 0");
  EXPECT_THAT(TryOpen(), IsError(Reason::kHsmPinRefused, HasSubstr("CKR_PIN_LOCKED")));
  EXPECT_EQ(faults_.Calls("C_Login") - before, 1);
}

struct StartCase {
  std::string_view name;
  std::string rules;
};

// What SoftHSM says while another process logs in, what a network HSM says while it boots.
TEST_F(OpenTest, StartsDegradedAndComesUpByItself) {
  token_.Provision({"main"});
  const StartCase cases[] = {
      {"initialize_fails", "C_Initialize 0x5 -1 0"},
      {"token_not_present", "C_OpenSession 0xe0 -1 0"},
      {"login_fails", "C_Login 0x5 -1 0"},
      {"pin_not_initialized_while_another_logs_in", "C_Login 0x102 -1 0"},
      {"slots_cannot_be_listed", "C_GetSlotList 0x30 -1 0"},
      {"scan_fails", "C_FindObjects 0x5 -1 0"},
  };
  for (const StartCase& c : cases) {
    SCOPED_TRACE(c.name);
    faults_.Set(c.rules);
    Open();
    EXPECT_EQ(keystore_->health().state, TokenState::kDown);
    EXPECT_THAT(TrySigner("main"), IsError(Reason::kHsmUnavailable));
    faults_.Set("");
    EXPECT_TRUE(Becomes(TokenState::kUp, std::chrono::milliseconds(1000)));
    EXPECT_EQ(SignedBy(*SignerOf("main")), "ok");
    keystore_.reset();
  }
}

TEST_F(OpenTest, ATokenThatIsAwayIsNoMissingKey) {
  token_.Provision({"main"});
  token_.Hide();
  Open();
  EXPECT_EQ(keystore_->health().state, TokenState::kDown);
  EXPECT_THAT(TrySigner("main"), IsError(Reason::kHsmUnavailable));
  token_.Show();
  EXPECT_TRUE(Becomes(TokenState::kUp, std::chrono::milliseconds(1000)));
  EXPECT_EQ(SignedBy(*SignerOf("main")), "ok");
}

TEST_F(OpenTest, SaysThatAKeyIsMissing) {
  token_.Provision({"main"});
  Open();
  EXPECT_THAT(TrySigner("absent"), IsError(Reason::kHsmKeyMissing, HasSubstr("object=absent")));
  const auto elsewhere = KeyUri::Parse("pkcs11:token=elsewhere;object=main");
  EXPECT_THAT(keystore_->SignerFor(*elsewhere, {}),
              IsError(Reason::kHsmKeyMissing, HasSubstr("another token")));
  EXPECT_EQ(keystore_->health().epoch, 1U);  // no reason to start anything over
}

TEST_F(OpenTest, TakesUpAKeyThatWasMadeLater) {
  token_.Provision({"main"});
  Open();
  ASSERT_THAT(TrySigner("later"), IsError(Reason::kHsmKeyMissing));
  const auto made = token_.Pkcs11Tool(
      "--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 0123 --label later");
  ASSERT_EQ(made.exit_code, 0) << made.output;
  EXPECT_EQ(SignedBy(*SignerOf("later")), "ok");
}

TEST_F(OpenTest, PinsTheKeyOfAnAccount) {
  const auto report = token_.Provision({"main", "other"});
  Open();
  const std::string& main = report.keys[0].key.thumbprint;
  SignerPolicy policy{.allowed_origins = {}, .expected_thumbprint = main};
  EXPECT_THAT(keystore_->SignerFor(SoftToken::UriOf("main"), policy), IsOk());
  EXPECT_THAT(keystore_->SignerFor(SoftToken::UriOf("other"), policy),
              IsError(Reason::kHsmKeyRefused, HasSubstr(main)));
}

}  // namespace
}  // namespace certbroker::keystore
