// One account, two keys, a CA that checks both signatures: however it is disturbed, one key is
// valid there in the end, and the database names it.
#include "service/engine/account_rollover.h"

#include "tests/service/engine/rollover_fixture.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using scripted_ca::Endpoint;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

class AccountRolloverTest : public RolloverFixture {
 protected:
  using RolloverFixture::RolloverFixture;

  // I: exactly one key is valid at the CA, and the row names it.
  void ExpectLive(FakeSigner& live, FakeSigner& dead) {
    EXPECT_TRUE(CaTakes(live));
    EXPECT_FALSE(CaTakes(dead));
    EXPECT_EQ(KeyAtCa(), OneKey::KeyOf(live).thumbprint);
    EXPECT_EQ(Stored().thumbprint, OneKey::KeyOf(live).thumbprint);
    EXPECT_EQ(Stored().change, AccountChange::kNone);
    EXPECT_FALSE(Stored().wanted_key.has_value());
  }
  void ExpectRolledOver() {
    ExpectLive(*spare_, *signer_);
    EXPECT_FALSE(Stored().failure.has_value());
    ASSERT_EQ(Stored().retired_keys.size(), 1U);
    EXPECT_EQ(Stored().retired_keys[0].key, Present());
  }
  // Not before the CA has been asked, whatever went wrong.
  void ExpectGivenUp(Reason reason, const std::string& why) {
    ExpectLive(*signer_, *spare_);
    EXPECT_TRUE(Stored().retired_keys.empty());
    ASSERT_TRUE(Stored().failure.has_value());
    EXPECT_EQ(Stored().failure->reason(), reason);
    EXPECT_THAT(Stored().failure->detail(), HasSubstr(why));
  }
  bool IsUnderWay() { return Stored().change == AccountChange::kKey; }
};

TEST_F(AccountRolloverTest, TheCaTakesTheNewKeyAndTheOldOneRetires) {
  const Time before = clock_.Now();
  clock_.Advance(hours{24 * 100});
  Want();

  Round(seconds{0});

  ExpectRolledOver();
  const RetiredKey retired = Stored().retired_keys[0];
  EXPECT_LE(retired.since, before);
  EXPECT_EQ(retired.retire_time, clock_.Now());
  EXPECT_EQ(retired.destroy_time, clock_.Now() + hours{24 * 30});
  EXPECT_EQ(Stored().key_since, clock_.Now());
}

// RFC 8555 §7.3.5: the inner JWS has the new key, no kid and no nonce, and the outer one's URL.
TEST_F(AccountRolloverTest, BothKeysSignAndEachSaysWhatItMust) {
  Want();
  Round(seconds{0});

  ASSERT_EQ(Uses(*spare_, SignaturePurpose::kKeyChange), 1U);
  ASSERT_EQ(Uses(*signer_, SignaturePurpose::kKeyChange), 1U);
  const JwsInput inner = spare_->calls().back();
  const JwsInput outer = signer_->calls().back();
  EXPECT_FALSE(inner.account_url.has_value());
  EXPECT_FALSE(inner.nonce.has_value());
  EXPECT_EQ(inner.url.ToString(), outer.url.ToString());
  EXPECT_EQ(inner.payload, R"({"account":")" + Stored().account_url.ToString() + R"(","oldKey":)" +
                               signer_->public_key().canonical_json + "}");
  EXPECT_TRUE(outer.account_url.has_value());
  EXPECT_TRUE(outer.nonce.has_value());
  EXPECT_EQ(inner.subject, kAccount.ToString());
  EXPECT_EQ(outer.subject, kAccount.ToString());
}

TEST_F(AccountRolloverTest, WhatTheReplicaRemembersIsTheNewKey) {
  ASSERT_EQ((*book_->Get(kAccount))->signer, signer_);
  Want();
  Round(seconds{0});

  EXPECT_EQ((*book_->Get(kAccount))->signer, spare_);
}

TEST_F(AccountRolloverTest, ARequestThatNeverArrivedIsSentAgain) {
  Script(Endpoint::kKeyChange, scripted_ca::DropBefore());
  Want();
  Round(seconds{0});
  EXPECT_TRUE(IsUnderWay());

  Round();

  ExpectRolledOver();
  EXPECT_EQ(Uses(*signer_, SignaturePurpose::kKeyChange), 2U);
}

TEST_F(AccountRolloverTest, ALostAnswerIsAskedForNotGuessed) {
  Script(Endpoint::kKeyChange, scripted_ca::DropAfter());
  Want();
  Round(seconds{0});
  EXPECT_TRUE(IsUnderWay());
  EXPECT_EQ(Stored().thumbprint, Present().thumbprint);

  Round();

  ExpectRolledOver();
  EXPECT_EQ(Uses(*signer_, SignaturePurpose::kKeyChange), 1U) << "asked, not sent again";
}

TEST_F(AccountRolloverTest, WhoDiesBeforeTheCommitIsFollowedByWhoAsks) {
  WhenActed(Endpoint::kKeyChange,
            [this] { database_.FailNext(Error(Reason::kDatabaseUnavailable, "down")); });
  Want();
  Round(seconds{0});
  EXPECT_EQ(KeyAtCa(), Spare().thumbprint);
  EXPECT_EQ(Stored().thumbprint, Present().thumbprint);

  RestartRegistrar();
  Round();

  ExpectRolledOver();
  EXPECT_EQ(Uses(*signer_, SignaturePurpose::kKeyChange), 1U);
}

// A lease may run out in the middle: two replicas at once.
TEST_F(AccountRolloverTest, TwoAtOnceEndAsOne) {
  WhenActed(Endpoint::kNewAccount, [this] {
    clock_.Advance(seconds{31});
    AccountRegistrar other(Deps(), database_.accounts(), keys_, LeaseOptions{.owner = "replica-2"});
    ASSERT_THAT(other.LeaseDue(), IsOk());
    EXPECT_EQ(KeyAtCa(), Spare().thumbprint);
  });
  Want();
  Round(seconds{0});

  ExpectRolledOver();
}

TEST_F(AccountRolloverTest, ABusyCaIsAskedAgain) {
  Script(Endpoint::kKeyChange, scripted_ca::ServerError(), 2);
  Script(Endpoint::kNewAccount, scripted_ca::ServerError());
  Want();
  for (int i = 0; i < 3; ++i) {
    Round();
    EXPECT_TRUE(IsUnderWay()) << i;
    EXPECT_EQ(Stored().failure->reason(), Reason::kCaUnavailable);
  }
  Round();

  ExpectRolledOver();
}

TEST_F(AccountRolloverTest, ANonceThatIsRefusedIsNoRefusal) {
  Script(Endpoint::kKeyChange, scripted_ca::BadNonce(), 3);
  Want();
  Round(seconds{0});

  ExpectRolledOver();
  EXPECT_EQ(Uses(*spare_, SignaturePurpose::kKeyChange), 1U) << "the inner JWS has no nonce";
}

// RFC 8555 §7.3.5: 409, with the account in Location.
TEST_F(AccountRolloverTest, AnothersKeyIsLeftToIt) {
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kNewAccount;
  call.target = acme::Endpoint::kNewAccount;
  call.payload = R"({"termsOfServiceAgreed":true})";
  client_->Send(std::move(call), *spare_, [](const auto& made) { ASSERT_THAT(made, IsOk()); });
  Want();
  Round(seconds{0});

  EXPECT_EQ(Stored().change, AccountChange::kNone);
  EXPECT_EQ(Stored().thumbprint, Present().thumbprint);
  EXPECT_TRUE(CaTakes(*signer_));
  EXPECT_EQ(Stored().failure->reason(), Reason::kCaRejected);
  EXPECT_THAT(Stored().failure->detail(), HasSubstr("https://ca.test/account/"));
}

TEST_F(AccountRolloverTest, AConflictThatNobodySawComingIsGivenUpToo) {
  Script(Endpoint::kKeyChange, scripted_ca::Refuse({409, "malformed", "that key is in use"}));
  Want();
  Round(seconds{0});

  ExpectGivenUp(Reason::kCaRejected, "that key is in use");
}

// Boulder and Pebble refuse the key of an account by its own URL: it has arrived before.
TEST_F(AccountRolloverTest, AConflictWithOurselvesMeansDone) {
  scripted_ca::Action conflict;  // acts, and says that it had
  conflict.status = 409;
  conflict.body = R"({"type":"urn:ietf:params:acme:error:malformed","detail":"in use"})";
  conflict.content_type = "application/problem+json";
  conflict.headers = {{"Location", Stored().account_url.ToString()}};
  Script(Endpoint::kKeyChange, conflict);
  Want();
  Round(seconds{0});

  ExpectRolledOver();
}

TEST_F(AccountRolloverTest, ARefusedRollOverLeavesTheOldKey) {
  Script(Endpoint::kKeyChange, scripted_ca::Refuse({400, "badPublicKey", "too small for us"}));
  Want();
  Round(seconds{0});

  ExpectGivenUp(Reason::kCaBadCsr, "too small for us");
}

TEST_F(AccountRolloverTest, ANewKeyThatIsGoneIsGivenUpWhenTheOldOneAnswers) {
  Want();
  keys_.Lose(Spare().thumbprint, Error(Reason::kHsmKeyMissing, "no such key"));
  Round(seconds{0});

  EXPECT_EQ(Stored().change, AccountChange::kNone);
  EXPECT_EQ(Stored().failure->reason(), Reason::kHsmKeyMissing);
}

// The new key may be live: nobody can say, so nothing is decided.
TEST_F(AccountRolloverTest, ANewKeyThatIsGoneButLiveIsWaitedFor) {
  Script(Endpoint::kKeyChange, scripted_ca::DropAfter());
  Want();
  Round(seconds{0});
  keys_.Lose(Spare().thumbprint, Error(Reason::kHsmKeyMissing, "no such key"));

  Round();

  EXPECT_TRUE(IsUnderWay());
  EXPECT_EQ(Stored().failure->reason(), Reason::kHsmKeyMissing);
}

TEST_F(AccountRolloverTest, APinThatIsRefusedForAMomentIsWaitedFor) {
  Want();
  keys_.Lose(Spare().thumbprint, Error(Reason::kHsmPinRefused, "the PIN file is empty"));
  Round(seconds{0});

  EXPECT_TRUE(IsUnderWay());
  EXPECT_EQ(Stored().failure->reason(), Reason::kHsmPinRefused);
}

TEST_F(AccountRolloverTest, AnHsmThatIsAwayIsWaitedFor) {
  keys_.FailNext(Error(Reason::kHsmUnavailable, "token gone"));
  Want();
  Round(seconds{0});
  EXPECT_TRUE(IsUnderWay());

  Round();

  ExpectRolledOver();
}

// Orders wait meanwhile: not for ever.
TEST_F(AccountRolloverTest, ACaThatNeverManagesIsGivenUpInTheEnd) {
  Script(Endpoint::kKeyChange, scripted_ca::ServerError(), 0);
  Want();
  Round();
  Round(minutes{29});
  const std::size_t sent = Uses(*signer_, SignaturePurpose::kKeyChange);
  EXPECT_TRUE(IsUnderWay());

  Round(seconds{1});
  EXPECT_TRUE(IsUnderWay()) << "what was sent may still be under way";
  Round();

  EXPECT_EQ(Uses(*signer_, SignaturePurpose::kKeyChange), sent) << "nothing is sent any more";
  ExpectGivenUp(Reason::kCaUnavailable, "orders wait");
}

class CaWithoutRolloverTest : public AccountRolloverTest {
 protected:
  CaWithoutRolloverTest() : AccountRolloverTest({.key_change = false}) {}
};

TEST_F(CaWithoutRolloverTest, IsSaidToBeOne) {
  Want();
  Round(seconds{0});

  ExpectGivenUp(Reason::kCaRejected, "has no keyChange");
}

}  // namespace
}  // namespace certbroker::engine
