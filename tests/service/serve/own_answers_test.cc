#include "service/own_answers.h"

#include "acme/key_authorization.h"
#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_database.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/fake_signer.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class OneSigner final : public AccountKeys {
 public:
  explicit OneSigner(std::shared_ptr<Signer> signer) : signer_(std::move(signer)) {}
  Result<AccountKey> Find(const std::string& /*uri*/, const AccountName& /*name*/) override {
    return Error(Reason::kHsmKeyMissing, "not asked here");
  }
  Result<RolloverKeys> FindNext(const Account& /*account*/, const std::string& /*uri*/) override {
    return Error(Reason::kHsmKeyMissing, "not asked here");
  }
  Result<std::shared_ptr<Signer>> SignerFor(const Account& account) override {
    return account.key_uri == kNextUri ? next_ : signer_;
  }
  void SetNext(std::shared_ptr<Signer> next) { next_ = std::move(next); }
  static constexpr const char* kNextUri = "pkcs11:token=t;object=next";

 private:
  std::shared_ptr<Signer> signer_;
  std::shared_ptr<Signer> next_;
};

class FixedBoard final : public ChallengeBoard {
 public:
  Result<std::vector<ChallengeTask>> TasksFor(const AgentId& /*agent*/) override { return tasks; }
  Result<void> Report(const AgentId& /*agent*/, OrderId /*order*/, const std::string& /*token*/,
                      ChallengeOutcome /*outcome*/, const std::string& /*detail*/) override {
    return {};
  }
  std::vector<ChallengeTask> tasks;
};

class FixedLookup final : public ChallengeLookup {
 public:
  Result<std::optional<std::string>> KeyAuthorizationFor(const Identifier& /*name*/,
                                                         std::string_view /*token*/) override {
    return answer;
  }
  std::optional<std::string> answer;
};

class OwnAnswersTest : public ::testing::Test {
 protected:
  void MakeAccount() {
    Account account;
    account.name = AccountName("issuers/ca/accounts/main");
    account.issuer = IssuerId("ca");
    account.thumbprint = "what-the-row-says";
    EXPECT_THAT(database_.accounts().Create(account, {CallerId("operator:local"),
                                                      RequestId(Uuid::V7(clock_.Now(), random_)),
                                                      "CreateAccount",
                                                      {}}),
                IsOk());
  }
  std::string Ours() const { return "token." + acme::Thumbprint(signer_->public_key()); }

  FakeClock clock_;
  FakeRandom random_;
  CaptureLog log_;
  FakeDatabase database_{clock_};
  std::shared_ptr<FakeSigner> signer_ = std::make_shared<FakeSigner>(clock_);
  OneSigner keys_{signer_};
  OwnThumbprints own_{database_.accounts(), keys_, clock_, log_};
};

TEST_F(OwnAnswersTest, TheKeyInTheHsmCountsNotTheRow) {
  MakeAccount();
  EXPECT_TRUE(own_.Names(Ours()));
  EXPECT_FALSE(own_.Names("token.what-the-row-says"));
  EXPECT_FALSE(own_.Names("token"));
  EXPECT_FALSE(own_.Names(""));
}

TEST_F(OwnAnswersTest, ANewAccountIsFoundSoon) {
  EXPECT_FALSE(own_.Names(Ours()));
  MakeAccount();
  const int calls = database_.calls();
  EXPECT_FALSE(own_.Names(Ours())) << "not a look for each question";
  EXPECT_EQ(database_.calls(), calls);
  clock_.Advance(std::chrono::seconds{2});
  EXPECT_TRUE(own_.Names(Ours()));
}

class WantedKeyTest : public OwnAnswersTest {
 protected:
  void WantNext() {
    keys_.SetNext(next_);
    Account leased = database_.accounts().LeaseAccounts({.owner = "r"})->accounts.at(0);
    leased.state = AccountState::kValid;
    EXPECT_THAT(database_.accounts().Commit(leased, {}), IsOk());
    const AccountKey wanted{OneSigner::kNextUri, "ES256", "what-the-row-says-of-it", ""};
    EXPECT_THAT(database_.accounts().WantKey(leased.name, {leased.key(), wanted}, std::nullopt),
                IsOk());
  }
  std::string Next() const { return "token." + acme::Thumbprint(next_->public_key()); }

 private:
  std::shared_ptr<FakeSigner> next_ = std::make_shared<FakeSigner>(clock_);
};

TEST_F(WantedKeyTest, IsOursAlready) {
  MakeAccount();
  WantNext();

  EXPECT_TRUE(own_.Names(Ours()));
  EXPECT_TRUE(own_.Names(Next()));
  EXPECT_FALSE(own_.Names("token.what-the-row-says-of-it"));
}

// A challenge that is left out once is not offered again: the first question must have the answer.
TEST_F(WantedKeyTest, IsKnownAtOnceThoughWeHaveJustLooked) {
  MakeAccount();
  EXPECT_TRUE(own_.Names(Ours()));
  EXPECT_FALSE(own_.Names("token.somebody-elses"));
  WantNext();

  EXPECT_TRUE(own_.Names(Next()));
}

TEST_F(OwnAnswersTest, AgentsAreNotToldToServeForOthers) {
  MakeAccount();
  FixedBoard board;
  board.tasks = {{.order = {}, .name = "ours.test", .token = "t", .key_authorization = Ours()},
                 {.order = {},
                  .name = "victim.test",
                  .token = "t",
                  .key_authorization = "t.attackers-own-thumbprint"}};
  OwnChallengeBoard own_board(board, own_, log_);

  const auto tasks = own_board.TasksFor(AgentId("spiffe://e/agent/web"));

  ASSERT_THAT(tasks, IsOk());
  ASSERT_THAT(*tasks, SizeIs(1));
  EXPECT_EQ(tasks->front().name, "ours.test");
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("victim.test")));
}

TEST_F(OwnAnswersTest, TheResponderDoesNotServeForOthers) {
  MakeAccount();
  FixedLookup lookup;
  OwnChallengeLookup own_lookup(lookup, own_, log_);
  const Identifier name = *Identifier::Parse("victim.test");

  lookup.answer = "t.attackers-own-thumbprint";
  EXPECT_THAT(own_lookup.KeyAuthorizationFor(name, "t"), IsOkAndHolds(std::nullopt));
  lookup.answer = Ours();
  EXPECT_THAT(own_lookup.KeyAuthorizationFor(name, "t"), IsOkAndHolds(std::optional(Ours())));
}

}  // namespace
}  // namespace certbroker
