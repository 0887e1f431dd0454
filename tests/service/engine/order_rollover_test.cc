// Orders while their account's key is rolled over: none fails because of it.
#include "tests/service/engine/rollover_fixture.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using scripted_ca::Endpoint;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;

class OrderRolloverTest : public RolloverFixture {
 protected:
  void RunUntil(OrderId id, OrderState state) {
    for (int i = 0; i < 20 && Read(id).state != state; ++i) {
      LeaseOrders();
      if (Read(id).state != state) clock_.Advance(std::chrono::milliseconds{100});
    }
    ASSERT_EQ(Read(id).state, state);
  }
  std::string KeyAuthorizationOf(OrderId id) {
    return Read(id).authorizations.at(0).key_authorization;
  }
  // The CA knows the new key, the database the old one: as after a kill before the commit.
  void RollOverAtTheCaOnly() {
    WhenActed(Endpoint::kKeyChange,
              [this] { database_.FailNext(Error(Reason::kDatabaseUnavailable, "down")); });
    Want();
    Round(seconds{0});
    ASSERT_EQ(KeyAtCa(), Spare().thumbprint);
    ASSERT_EQ(Stored().thumbprint, Present().thumbprint);
  }
};

TEST_F(OrderRolloverTest, AnOrderThatIsNotBeingProvenWaitsForTheNewKey) {
  Want();
  const OrderId id = Issue().id;
  LeaseOrders();
  EXPECT_EQ(Read(id).state, OrderState::kQueued);
  EXPECT_EQ(Read(id).held_by, HeldBy::kAccount);

  Round(seconds{0});
  LeaseOrders();

  EXPECT_EQ(Read(id).state, OrderState::kPresenting) << "woken";
  EXPECT_THAT(KeyAuthorizationOf(id), HasSubstr(Spare().thumbprint));
  EXPECT_EQ(RunToEnd(id).state, OrderState::kIssued);
}

TEST_F(OrderRolloverTest, AnOrderThatIsBeingProvenIsWaitedFor) {
  const OrderId id = Issue().id;
  RunUntil(id, OrderState::kPresenting);
  Want();
  Round(seconds{0});
  EXPECT_EQ(Stored().change, AccountChange::kKey);
  EXPECT_EQ(Stored().failure->reason(), Reason::kOrderInProgress);
  EXPECT_EQ(Uses(*spare_, SignaturePurpose::kKeyChange), 0U);

  EXPECT_EQ(RunToEnd(id).state, OrderState::kIssued) << "with the key that it began with";
  EXPECT_EQ(Uses(*spare_, SignaturePurpose::kNewOrder), 0U);
  Round();

  EXPECT_EQ(Stored().thumbprint, Spare().thumbprint);
}

TEST_F(OrderRolloverTest, AnOrderInProofThatNeverEndsOutlastsTheRollOver) {
  const OrderId id = Issue().id;
  RunUntil(id, OrderState::kPresenting);
  Want();
  Round(minutes{29});
  EXPECT_EQ(Stored().change, AccountChange::kKey);
  Round(minutes{1});

  EXPECT_EQ(Stored().change, AccountChange::kNone);
  EXPECT_EQ(Stored().thumbprint, Present().thumbprint);
  EXPECT_EQ(Stored().failure->reason(), Reason::kOrderInProgress);
  EXPECT_THAT(Stored().failure->detail(), HasSubstr("1 order"));
  EXPECT_EQ(Uses(*spare_, SignaturePurpose::kNewAccount), 0U) << "the CA never heard of it";
}

// A lost hint, and the roll-over is recorded while the order's authorizations are being read.
TEST_F(OrderRolloverTest, ARollOverThatComesInBetweenHoldsTheOrder) {
  const OrderId id = Issue().id;
  WhenActed(Endpoint::kAuthorization, [this] { Want(); });
  LeaseOrders();
  EXPECT_EQ(Read(id).state, OrderState::kPlaced);
  EXPECT_EQ(Read(id).held_by, HeldBy::kAccount);

  Round(seconds{0});

  EXPECT_EQ(RunToEnd(id).state, OrderState::kIssued);
  EXPECT_THAT(KeyAuthorizationOf(id), HasSubstr(Spare().thumbprint));
}

// Of several names some were read with the old key.
TEST_F(OrderRolloverTest, AllNamesAreProvenWithTheNewKey) {
  const OrderId id = Issue({"app.test", "two.test"}).id;
  int read = 0;
  std::function<void()> after_two = [&] {
    if (++read == 2) {
      Want();
    } else {
      WhenActed(Endpoint::kAuthorization, after_two);
    }
  };
  WhenActed(Endpoint::kAuthorization, after_two);
  LeaseOrders();
  ASSERT_EQ(Read(id).state, OrderState::kPlaced);
  Round(seconds{0});
  RunUntil(id, OrderState::kPresenting);

  for (const Authorization& authorization : Read(id).authorizations) {
    EXPECT_THAT(authorization.key_authorization, HasSubstr(Spare().thumbprint));
  }
  EXPECT_EQ(RunToEnd(id).state, OrderState::kIssued);
}

// A replica that missed every hint: the CA refuses the key that it remembers.
class StaleReplicaTest : public OrderRolloverTest {
 protected:
  StaleReplicaTest() {
    EXPECT_THAT(stale_.Get(kAccount), IsOk());
    orders_ = std::make_unique<OrderRunner>(
        StaleDeps(), database_.queue(), *policy_, solvers_, *caa_check_,
        LeaseOptions{.owner = "replica-2", .lease = seconds{30}});
  }
  RunnerDeps StaleDeps() { return {stale_, workers_, clock_, random_, log_}; }

  AccountBook stale_{issuers_, database_.accounts(), keys_};
};

TEST_F(StaleReplicaTest, LooksAgainWhenItsKeyIsRefused) {
  Want();
  Round(seconds{0});
  ASSERT_EQ((*stale_.Get(kAccount))->signer, signer_) << "it knows nothing yet";
  const OrderId id = Issue().id;

  EXPECT_EQ(RunToEnd(id).state, OrderState::kIssued);
  EXPECT_THAT(History(id), Contains(HasSubstr("another key")));
}

TEST_F(StaleReplicaTest, HearsOfItFromTheFeed) {
  stale_.Follow(database_.feed());
  Want();
  Round(seconds{0});

  EXPECT_EQ((*stale_.Get(kAccount))->signer, spare_);
}

TEST_F(StaleReplicaTest, ForgetsEverythingWhenHintsMayBeLost) {
  Want();
  Round(seconds{0});
  stale_.Follow(database_.feed());
  EXPECT_EQ((*stale_.Get(kAccount))->signer, signer_);
  database_.feed().Reconnect();

  EXPECT_EQ((*stale_.Get(kAccount))->signer, spare_);
}

TEST_F(StaleReplicaTest, WaitsForARollOverOfWhichOnlyTheCaKnows) {
  RollOverAtTheCaOnly();
  const OrderId id = Issue().id;
  LeaseOrders();
  EXPECT_EQ(Read(id).state, OrderState::kQueued);
  EXPECT_EQ(Read(id).held_by, HeldBy::kAccount);

  RestartRegistrar();
  Round();

  EXPECT_EQ(RunToEnd(id).state, OrderState::kIssued);
}

TEST_F(StaleReplicaTest, RevokesWithTheKeyThatIs) {
  const Order order = RunToEnd(Issue().id);
  ASSERT_EQ(order.state, OrderState::kIssued);
  Want();
  Round(seconds{0});
  ASSERT_THAT(database_.certificates().RequestRevocation(
                  {.id = RevocationId(Uuid::V7(clock_.Now(), random_)),
                   .certificate = order.certificate,
                   .sha256 = std::nullopt,
                   .reason = RevocationReason::kSuperseded},
                  kAgent, {kAgent, RequestId(Uuid::V7(clock_.Now(), random_)), "Revoke", {}}),
              IsOk());
  RevocationRunner revocations(StaleDeps(), database_.revocations(),
                               LeaseOptions{.owner = "replica-2"});

  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(revocations.LeaseDue(), IsOk());
    clock_.Advance(seconds{5});
  }

  const auto certificate = *database_.certificates().Get(order.certificate, kAgent);
  EXPECT_EQ(certificate.current()->revocation->state, RevocationState::kRevoked);
}

// A key that was destroyed in the token after it had been retired.
TEST_F(StaleReplicaTest, LooksAgainWhenItsKeyIsGone) {
  Want();
  Round(seconds{0});
  signer_->FailNext(Error(Reason::kHsmKeyMissing, "destroyed"));
  const OrderId id = Issue().id;
  LeaseOrders();
  EXPECT_EQ(Read(id).held_by, HeldBy::kAccount);

  EXPECT_EQ(RunToEnd(id).state, OrderState::kIssued);
}

// READY, FINALIZING, DOWNLOADING go on during a roll-over: signed with the key that the CA has
// forgotten, they wait for the row to say so.
TEST_F(OrderRolloverTest, AFinalizeThatIsRefusedForItsKeyIsSentAgain) {
  const OrderId id = Issue().id;
  Script(Endpoint::kFinalize, scripted_ca::DropBefore());
  for (int i = 0; i < 200 && Read(id).state != OrderState::kFinalizing; ++i) {
    LeaseOrders();
    AgentServes();
    if (Read(id).state != OrderState::kFinalizing) clock_.Advance(std::chrono::milliseconds{100});
  }
  ASSERT_EQ(Read(id).state, OrderState::kFinalizing);
  RollOverAtTheCaOnly();

  clock_.Advance(seconds{2});
  LeaseOrders();
  EXPECT_EQ(Read(id).state, OrderState::kFinalizing);
  EXPECT_EQ(Read(id).held_by, HeldBy::kAccount);
  RestartRegistrar();
  Round();

  EXPECT_EQ(RunToEnd(id).state, OrderState::kIssued);
  EXPECT_EQ(full_ca_.record.Of(Endpoint::kFinalize).verified, 1U);
}

TEST_F(OrderRolloverTest, ARealRefusalStillEndsTheOrder) {
  Want();
  Round(seconds{0});
  Script(Endpoint::kNewOrder, scripted_ca::Refuse({400, "malformed", "no"}));

  EXPECT_EQ(RunToEnd(Issue().id).state, OrderState::kFailed);
}

}  // namespace
}  // namespace certbroker::engine
