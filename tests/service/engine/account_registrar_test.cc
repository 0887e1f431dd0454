#include "service/engine/account_registrar.h"

#include "tests/service/engine/engine_fixture.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using std::chrono::seconds;

class AccountRegistrarTest : public EngineFixture {
 protected:
  AccountRegistrarTest() {
    registrar_ = std::make_unique<AccountRegistrar>(Deps(), database_.accounts(), keys_,
                                                    LeaseOptions{.owner = "replica-1"});
    Account account;
    account.name = kAccount;
    account.issuer = IssuerId("tiny");
    account.directory_url = "https://ca.test/dir";
    account.key_uri = "pkcs11:token=t;object=k";
    account.algorithm = "ES256";
    account.thumbprint = "t";
    account.contacts = {"mailto:ops@example.org"};
    account.terms_of_service_agreed = true;
    EXPECT_THAT(database_.accounts().Create(account, {CallerId("operator:local"),
                                                      RequestId(Uuid::V7(clock_.Now(), random_)),
                                                      "CreateAccount",
                                                      {}}),
                IsOk());
  }

  Account Read() { return *database_.accounts().Get(kAccount); }

  std::unique_ptr<AccountRegistrar> registrar_;
};

TEST_F(AccountRegistrarTest, MakesTheAccountAndKeepsItsUrl) {
  ASSERT_THAT(registrar_->LeaseDue(), IsOk());
  EXPECT_EQ(Read().state, AccountState::kValid);
  EXPECT_EQ(Read().account_url.ToString(), "https://ca.test/account/1");
  // RFC 8555 §6.2: newAccount carries the key, not a kid.
  EXPECT_FALSE(signer_->calls().back().account_url.has_value());
  EXPECT_THAT(signer_->calls().back().payload, ::testing::HasSubstr("mailto:ops@example.org"));
  EXPECT_THAT(signer_->calls().back().payload, ::testing::HasSubstr("termsOfServiceAgreed"));
}

// RFC 8555 §7.3: a key that is known is answered with the account it has.
TEST_F(AccountRegistrarTest, FindsAnAccountWhoseAnswerWasLost) {
  ca_.TamperWith(
      [lost = false](const HttpRequest& request,
                     const HttpResponse&) mutable -> std::optional<Result<HttpResponse>> {
        if (lost || !request.url.ToString().ends_with("/account")) return std::nullopt;
        lost = true;
        return Error(Reason::kOutcomeUnknown, "cut");
      });
  ASSERT_THAT(registrar_->LeaseDue(), IsOk());
  EXPECT_EQ(Read().state, AccountState::kPending);
  clock_.Advance(seconds{5});
  ASSERT_THAT(registrar_->LeaseDue(), IsOk());
  EXPECT_EQ(Read().state, AccountState::kValid);
}

TEST_F(AccountRegistrarTest, WaitsForAnHsmThatIsAway) {
  keys_.FailNext(Error(Reason::kHsmUnavailable, "token gone"));
  ASSERT_THAT(registrar_->LeaseDue(), IsOk());
  EXPECT_EQ(Read().state, AccountState::kPending);
  EXPECT_EQ(Read().failure->reason(), Reason::kHsmUnavailable);
  clock_.Advance(seconds{5});
  ASSERT_THAT(registrar_->LeaseDue(), IsOk());
  EXPECT_EQ(Read().state, AccountState::kValid);
}

TEST_F(AccountRegistrarTest, AKeyThatIsRefusedEndsIt) {
  keys_.FailNext(Error(Reason::kHsmKeyRefused, "extractable"));
  ASSERT_THAT(registrar_->LeaseDue(), IsOk());
  EXPECT_EQ(Read().state, AccountState::kFailed);
  EXPECT_EQ(ca_.accounts(), 0);
}

// ---- Changes.

class AccountUpdateTest : public AccountRegistrarTest {
 protected:
  AccountUpdateTest() {
    EXPECT_THAT(registrar_->LeaseDue(), IsOk());
    EXPECT_EQ(Read().state, AccountState::kValid);
    CaAnswers({.status = 200,
               .headers = {{"content-type", "application/json"}},
               .body = R"({"status":"valid"})"});
  }
  void CaAnswers(HttpResponse answer) {
    ca_.TamperWith([answer = std::move(answer)](
                       const HttpRequest& request,
                       const HttpResponse& response) -> std::optional<Result<HttpResponse>> {
      if (!request.url.ToString().ends_with("/account/1")) return std::nullopt;
      HttpResponse tampered = answer;
      tampered.headers.emplace_back("replay-nonce", std::string(*response.Header("replay-nonce")));
      return tampered;
    });
  }
  void Ask(AccountChange change, const std::vector<std::string>& contacts = {}) {
    ASSERT_THAT(database_.accounts().Change(kAccount, change, contacts,
                                            {CallerId("operator:local"),
                                             RequestId(Uuid::V7(clock_.Now(), random_)),
                                             "UpdateAccount",
                                             {}}),
                IsOk());
    ASSERT_THAT(registrar_->LeaseDue(), IsOk());
  }
};

// RFC 8555 §7.3.2.
TEST_F(AccountUpdateTest, TheCaIsToldTheNewContacts) {
  Ask(AccountChange::kContacts, {"mailto:new@example.org"});

  EXPECT_THAT(Read().contacts, ::testing::ElementsAre("mailto:new@example.org"));
  EXPECT_EQ(Read().change, AccountChange::kNone);
  EXPECT_EQ(signer_->calls().back().purpose, SignaturePurpose::kAccountUpdate);
  EXPECT_EQ(signer_->calls().back().url.ToString(), "https://ca.test/account/1");
  EXPECT_EQ(signer_->calls().back().account_url->ToString(), "https://ca.test/account/1");
  EXPECT_EQ(signer_->calls().back().payload, R"({"contact":["mailto:new@example.org"]})");
}

// RFC 8555 §7.3.6.
TEST_F(AccountUpdateTest, ADeactivatedAccountIsOneForEver) {
  Ask(AccountChange::kDeactivation);

  EXPECT_EQ(Read().state, AccountState::kDeactivated);
  EXPECT_EQ(signer_->calls().back().payload, R"({"status":"deactivated"})");
  EXPECT_THAT(book_->Get(kAccount), IsError(Reason::kAccountNotReady));
}

// Who died after the CA had heard of it is followed by who is refused.
TEST_F(AccountUpdateTest, AnAccountThatIsGoneAlreadyIsDeactivated) {
  CaAnswers(
      {.status = 401,
       .headers = {{"content-type", "application/problem+json"}},
       .body = R"({"type":"urn:ietf:params:acme:error:unauthorized","detail":"deactivated"})"});
  Ask(AccountChange::kDeactivation);

  EXPECT_EQ(Read().state, AccountState::kDeactivated);
}

TEST_F(AccountUpdateTest, ARefusedChangeLeavesTheAccountAsItIs) {
  CaAnswers({.status = 400,
             .headers = {{"content-type", "application/problem+json"}},
             .body = R"({"type":"urn:ietf:params:acme:error:invalidContact","detail":"no"})"});
  Ask(AccountChange::kContacts, {"mailto:bad@example.org"});

  EXPECT_EQ(Read().state, AccountState::kValid);
  EXPECT_EQ(Read().change, AccountChange::kNone);
  EXPECT_THAT(Read().contacts, ::testing::ElementsAre("mailto:ops@example.org"));
  EXPECT_TRUE(Read().failure.has_value());
}

TEST_F(AccountUpdateTest, ACaThatIsDownIsAskedAgain) {
  CaAnswers({.status = 503, .headers = {}, .body = ""});
  Ask(AccountChange::kContacts, {"mailto:new@example.org"});
  EXPECT_EQ(Read().change, AccountChange::kContacts);
  CaAnswers({.status = 200,
             .headers = {{"content-type", "application/json"}},
             .body = R"({"status":"valid"})"});
  clock_.Advance(seconds{5});
  ASSERT_THAT(registrar_->LeaseDue(), IsOk());

  EXPECT_EQ(Read().change, AccountChange::kNone);
}

class BoundAccountTest : public AccountRegistrarTest {
 protected:
  BoundAccountTest() {
    ca_.TamperWith([](const HttpRequest& request,
                      const HttpResponse& response) -> std::optional<Result<HttpResponse>> {
      if (!request.url.ToString().ends_with("/dir")) return std::nullopt;
      HttpResponse directory = response;
      const std::size_t end = directory.body.rfind('}');
      directory.body.insert(end, R"(,"meta":{"externalAccountRequired":true})");
      return directory;
    });
  }
};

// RFC 8555 §7.3.4.
TEST_F(BoundAccountTest, SaysWhatACaThatWantsABindingNeeds) {
  ASSERT_THAT(registrar_->LeaseDue(), IsOk());
  EXPECT_EQ(Read().state, AccountState::kFailed);
  EXPECT_EQ(Read().failure->reason(), Reason::kCaExternalAccountRequired);
  EXPECT_THAT(Read().failure->detail(), ::testing::HasSubstr("eab_key_id"));
}

TEST_F(BoundAccountTest, BindsTheAccountToTheOneOfTheConfiguration) {
  issuers_.front().external_account =
      acme::ExternalAccount{.key_id = "kid-1",
                            .algorithm = acme::MacAlgorithm::kHs256,
                            .mac_key = Secret(std::string(32, 'k'))};
  ASSERT_THAT(registrar_->LeaseDue(), IsOk());
  EXPECT_EQ(Read().state, AccountState::kValid);
  EXPECT_THAT(signer_->calls().back().payload, ::testing::HasSubstr("externalAccountBinding"));
}

TEST_F(AccountRegistrarTest, ADeactivatedAccountIsNotReplacedBehindAnybodysBack) {
  ca_.TamperWith([](const HttpRequest& request,
                    const HttpResponse& response) -> std::optional<Result<HttpResponse>> {
    if (!request.url.ToString().ends_with("/account")) return std::nullopt;
    HttpResponse deactivated = response;
    deactivated.body = R"({"status":"deactivated"})";
    return deactivated;
  });
  ASSERT_THAT(registrar_->LeaseDue(), IsOk());
  EXPECT_EQ(Read().state, AccountState::kFailed);
  EXPECT_EQ(Read().failure->reason(), Reason::kCaAccountUnusable);
}

}  // namespace
}  // namespace certbroker::engine
