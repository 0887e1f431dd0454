// Which key of a real token an account gets, and where it may sign.
#include "service/hsm_account_keys.h"

#include "core/account_name.h"
#include "tests/support/keystore_fixture.h"

namespace certbroker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

config::IssuerConfig Issuer(const std::string& name, const std::string& directory) {
  config::IssuerConfig issuer;
  issuer.name = IssuerId(name);
  issuer.directory = *HttpsUrl::Parse(directory);
  return issuer;
}

class HsmAccountKeysTest : public KeystoreFixture {
 protected:
  void Open(const std::vector<std::string>& key_labels) {
    token_.Provision(key_labels);
    KeystoreFixture::Open();
    config::IssuerConfig other = Issuer("other", "https://other.example/dir");
    other.extra_origins = {"https://more.example"};
    keys_.emplace(*keystore_, std::string(SoftToken::kLabel),
                  std::vector{Issuer("le", "https://ca.example:14000/dir"), other});
  }
  HsmAccountKeys& keys() { return *keys_; }

  static AccountName NameOf(std::string_view account) {
    return MakeAccountName(IssuerId("le"), account);
  }
  static Account AccountWith(const AccountKey& key, const std::string& issuer = "le") {
    Account account;
    account.name = NameOf("main");
    account.issuer = IssuerId(issuer);
    account.key_uri = key.uri;
    account.thumbprint = key.thumbprint;
    return account;
  }
  static JwsInput InputFor(const std::string& url) {
    JwsInput input = Input();
    input.url = *HttpsUrl::Parse(url);
    return input;
  }

 private:
  std::optional<HsmAccountKeys> keys_;
};

TEST_F(HsmAccountKeysTest, AnAccountsKeyIsTheOneThatBearsItsName) {
  Open({"acme/le/main/v1", "acme/le/second/v1"});

  const auto main = keys().Find("", NameOf("main"));
  const auto second = keys().Find("", NameOf("second"));

  ASSERT_THAT(main, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(main->algorithm, "ES256");
  EXPECT_NE(main->thumbprint, second->thumbprint);
  EXPECT_EQ(main->thumbprint,
            keys().Find(SoftToken::UriOf("acme/le/main/v1").ToString(), NameOf("x"))->thumbprint);
  // By the id that the token made: a label may be given to another key.
  EXPECT_THAT(main->uri, AllOf(HasSubstr("id="), Not(HasSubstr("pin"))));
}

TEST_F(HsmAccountKeysTest, AKeyThatIsNotThereIsMissing) {
  Open({"acme/le/main/v1"});
  EXPECT_THAT(keys().Find("", NameOf("other")), IsError(Reason::kHsmKeyMissing));
}

TEST_F(HsmAccountKeysTest, TheNextKeyIsTheNextGeneration) {
  Open({"acme/le/main/v1", "acme/le/main/v3", "acme/le/main/v2", "acme/le/main/v10",
        "acme/le/second/v2", "acme/le/main/v02", "acme/le/main/v2x"});
  Account account = AccountWith(*keys().Find("", NameOf("main")));

  const auto next = keys().FindNext(account, "");

  ASSERT_THAT(next, IsOk());
  EXPECT_EQ(next->next.label, "acme/le/main/v2");
  EXPECT_EQ(next->present.label, "acme/le/main/v1");
  EXPECT_EQ(next->present.thumbprint, account.thumbprint);
  EXPECT_EQ(next->next.algorithm, "ES256");
  EXPECT_THAT(next->next.uri, HasSubstr("id="));
  EXPECT_THAT(keys().SignerFor(WithKey(account, next->next)), IsOk());
}

TEST_F(HsmAccountKeysTest, AKeyThatWasTheAccountsIsNoSpare) {
  Open({"acme/le/main/v1", "acme/le/main/v2", "acme/le/main/v3"});
  Account account = AccountWith(*keys().Find("", NameOf("main")));
  const AccountKey second = keys().FindNext(account, "")->next;
  account.retired_keys.push_back(
      {.key = second, .since = {}, .retire_time = {}, .destroy_time = {}});
  EXPECT_EQ(keys().FindNext(account, "")->next.label, "acme/le/main/v3");

  account = WithKey(account, second);
  EXPECT_EQ(keys().FindNext(account, "")->next.label, "acme/le/main/v3");
}

TEST_F(HsmAccountKeysTest, WithoutASpareTheCommandIsNamed) {
  Open({"acme/le/main/v4", "acme/le/main/v2"});
  const Account account =
      AccountWith(*keys().Find(SoftToken::UriOf("acme/le/main/v4").ToString(), NameOf("main")));

  EXPECT_THAT(keys().FindNext(account, ""),
              IsError(Reason::kHsmKeyMissing,
                      AllOf(HasSubstr("acme/le/main/v5"),
                            HasSubstr("keystore provision --key acme/le/main/v4 --spares 1"))));
}

TEST_F(HsmAccountKeysTest, TheNextKeyMayBeNamed) {
  Open({"acme/le/main/v1", "another"});
  const Account account = AccountWith(*keys().Find("", NameOf("main")));

  const auto next = keys().FindNext(account, SoftToken::UriOf("another").ToString());

  ASSERT_THAT(next, IsOk());
  EXPECT_EQ(next->next.label, "another");
  EXPECT_THAT(keys().FindNext(account, SoftToken::UriOf("nowhere").ToString()),
              IsError(Reason::kHsmKeyMissing));
}

TEST_F(HsmAccountKeysTest, ANameOfAnotherFormIsRefused) {
  Open({"acme/le/main/v1"});
  for (const char* name : {"", "main", "issuers/le", "/accounts/main", "issuers/le/accounts/"}) {
    EXPECT_THAT(keys().Find("", AccountName(name)), IsError(Reason::kInvalidArgument)) << name;
  }
}

TEST_F(HsmAccountKeysTest, SignsForItsIssuersOriginsOnly) {
  Open({"acme/le/main/v1"});
  const AccountKey key = *keys().Find("", NameOf("main"));
  const auto le = keys().SignerFor(AccountWith(key));
  const auto other = keys().SignerFor(AccountWith(key, "other"));
  ASSERT_THAT(le, IsOk());
  ASSERT_THAT(other, IsOk());

  EXPECT_THAT((*le)->Sign(InputFor("https://ca.example:14000/order"), In(std::chrono::seconds(5))),
              IsOk());
  EXPECT_THAT((*le)->Sign(InputFor("https://other.example/order"), In(std::chrono::seconds(5))),
              Not(IsOk()));
  EXPECT_THAT((*other)->Sign(InputFor("https://more.example/order"), In(std::chrono::seconds(5))),
              IsOk());
  EXPECT_THAT(
      (*other)->Sign(InputFor("https://ca.example:14000/order"), In(std::chrono::seconds(5))),
      Not(IsOk()));
}

TEST_F(HsmAccountKeysTest, AnotherKeyThanTheAccountsIsRefused) {
  Open({"acme/le/main/v1", "acme/le/second/v1"});
  Account account = AccountWith(*keys().Find("", NameOf("main")));
  account.key_uri = SoftToken::UriOf("acme/le/second/v1").ToString();

  EXPECT_THAT(keys().SignerFor(account), IsError(Reason::kHsmKeyRefused));
}

TEST_F(HsmAccountKeysTest, AnIssuerThatIsNotConfiguredIsNamed) {
  Open({"acme/le/main/v1"});
  const Account account = AccountWith(*keys().Find("", NameOf("main")), "gone");

  EXPECT_THAT(keys().SignerFor(account), IsError(Reason::kAccountNotReady, HasSubstr("gone")));
}

}  // namespace
}  // namespace certbroker
