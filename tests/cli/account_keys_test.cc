#include "cli/account_keys_text.h"
#include "tests/cli/messages.h"

namespace certbroker::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Account RolledOver() {
  return Parsed<v1::Account>(R"(
    name: "issuers/le/accounts/main" state: VALID key_uri: "pkcs11:token=t;id=%02;type=private"
    algorithm: "ES256" thumbprint: "second" key_label: "acme/le/main/v2"
    key_since { seconds: 1795246200 }
    retired_keys {
      key { key_uri: "pkcs11:token=t;id=%01%AB;type=private" algorithm: "ES384" thumbprint: "first"
            label: "acme/le/main/v1" }
      since { seconds: 1795000000 } retire_time { seconds: 1795246200 }
      destroy_time { seconds: 1797838200 } })");
}

TEST(AccountKeysTextTest, TellsLiveAndRetiredKeysAndHowToDestroyThem) {
  const std::string text = AccountKeysText(RolledOver(), kNow);

  EXPECT_THAT(text, AllOf(HasSubstr("live     acme/le/main/v2  ES256      second"),
                          HasSubstr("retired  acme/le/main/v1  ES384      first")));
  EXPECT_THAT(text, HasSubstr("acme/le/main/v1, superfluous from 2026-12-21T07:30:00Z (in 30 d):\n"
                              "  certbroker keystore destroy --key acme/le/main/v1 --id 01ab\n"));
  EXPECT_THAT(text, Not(HasSubstr("wanted")));
}

TEST(AccountKeysTextTest, TellsWhatIsWantedAndWhyItTakesLong) {
  auto account = RolledOver();
  account.set_pending_change(v1::Account::KEY);
  account.mutable_wanted_key()->set_label("acme/le/main/v3");
  account.mutable_wanted_key()->set_thumbprint("third");
  account.mutable_error()->set_message("the CA is busy");

  EXPECT_THAT(AccountKeysText(account, kNow),
              AllOf(HasSubstr("wanted   acme/le/main/v3"), HasSubstr("the CA is busy")));
}

TEST(AccountKeysTextTest, AnOddLabelIsQuotedAndAnUnknownOneAdmitted) {
  auto account = RolledOver();
  auto& key = *account.mutable_retired_keys(0)->mutable_key();
  key.set_label("it's; rm -rf");
  EXPECT_THAT(AccountKeysText(account, kNow), HasSubstr("--key 'it'\\''s; rm -rf' --id 01ab"));

  key.clear_label();
  EXPECT_THAT(AccountKeysText(account, kNow), HasSubstr("--key LABEL --id 01ab"));
}

TEST(AccountKeysTextTest, NothingRetiredNothingToDestroy) {
  auto account = RolledOver();
  account.clear_retired_keys();

  EXPECT_THAT(AccountKeysText(account, kNow), Not(HasSubstr("destroy")));
}

class RolloverTextTest : public ::testing::Test {
 protected:
  RolloverTextTest() {
    *rollover_.mutable_account() = RolledOver();
    rollover_.mutable_account()->set_thumbprint("first");
    rollover_.mutable_present_key()->set_thumbprint("first");
    rollover_.mutable_new_key()->set_thumbprint("second");
    rollover_.mutable_new_key()->set_label("acme/le/main/v2");
    rollover_.add_warnings("Switch the\x1b web servers.");
  }
  v1::RolloverAccountKeyResponse rollover_;
};

TEST_F(RolloverTextTest, ShowsBothThumbprintsAndTheWarnings) {
  EXPECT_THAT(RolloverText(rollover_, false),
              AllOf(HasSubstr("Old thumbprint  first\n"), HasSubstr("New thumbprint  second\n"),
                    HasSubstr("on record"), HasSubstr("\nSwitch the? web servers.\n")));
}

TEST_F(RolloverTextTest, SaysWhenNothingWasDone) {
  EXPECT_THAT(RolloverText(rollover_, true), HasSubstr("nothing was changed"));
}

TEST_F(RolloverTextTest, SaysWhenItIsDone) {
  rollover_.mutable_account()->set_thumbprint("second");
  EXPECT_THAT(RolloverText(rollover_, false), HasSubstr("done"));
}

}  // namespace
}  // namespace certbroker::cli
