// The link to a token at a quicker pace than a keystore sets: what it does by itself, without
// anybody asking for a signature.
#include "keystore/token_link.h"

#include <thread>

#include "tests/fakes/fake_random.h"
#include "tests/support/keystore_fixture.h"

namespace certbroker::keystore {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TokenLinkTest : public KeystoreFixture {
 protected:
  void Start() {
    token_.Provision({"main"});
    Connect();
  }
  void Connect() {
    auto module = SharedModule::Get(FaultModule::path(), "");
    ASSERT_THAT(module, IsOk());
    module_ = *std::move(module);
    TokenLinkTiming timing;
    timing.drain = milliseconds(30);
    timing.probe = timing.pin_file = milliseconds(20);
    const TokenAccess access{{std::string(SoftToken::kLabel), ""}, token_.pin_file(), 4};
    link_ = std::make_unique<TokenLink>(*module_, access, timing, ledger_, clock_, random_, log_);
    ASSERT_THAT(link_->WaitForStart(In(milliseconds(5000))), IsOk());
  }
  void TearDown() override {
    link_.reset();
    module_.reset();
    KeystoreFixture::TearDown();
  }
  // Waits for a state of the link, which comes from its own thread.
  bool LinkBecomes(TokenState state) {
    const SteadyTime deadline = In(milliseconds(5000));
    while (link_->health().state != state && clock_.Tick() < deadline) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    return link_->health().state == state;
  }

  FakeRandom random_;
  std::shared_ptr<SharedModule> module_;
  std::unique_ptr<TokenLink> link_;
};

TEST_F(TokenLinkTest, NoticesThatAnIdleTokenHasGone) {
  Start();
  faults_.Set("C_GetSessionInfo 0xb3 1 0");
  const SteadyTime deadline = In(milliseconds(5000));
  while (link_->health().epoch < 2 && clock_.Tick() < deadline) std::this_thread::yield();
  EXPECT_EQ(link_->health().epoch, 2U);
  token_.Hide();
  EXPECT_TRUE(LinkBecomes(TokenState::kDown));
  token_.Show();
  EXPECT_TRUE(LinkBecomes(TokenState::kUp));
}

// SoftHSM's C_GetTokenInfo answers GENERAL_ERROR after a login to a store that it cannot write.
TEST_F(TokenLinkTest, AnIdleTokenOnAReadOnlyStoreIsLeftAloneUntilItGoes) {
  token_.Provision({"main"});
  token_.MakeReadOnly();
  Connect();
  const long probed = faults_.Calls("C_GetTokenInfo");
  const SteadyTime deadline = In(milliseconds(5000));
  while (faults_.Calls("C_GetTokenInfo") < probed + 5 && clock_.Tick() < deadline) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(link_->health().epoch, 1U);
  token_.Hide();
  EXPECT_TRUE(LinkBecomes(TokenState::kDown));
  token_.Show();
  EXPECT_TRUE(LinkBecomes(TokenState::kUp));
  token_.MakeWritable();
}

// Real tokens lock after three wrong PINs; a hundred requests must not be a hundred tries.
TEST_F(TokenLinkTest, ARefusedPinIsLatchedUntilItsFileChanges) {
  Start();
  token_.WritePin("changed and wrong");
  const long logins = faults_.Calls("C_Login");
  link_->ReportLost(1, Fault::kToken);
  ASSERT_TRUE(LinkBecomes(TokenState::kPinBlocked));
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(link_->Enter(In(milliseconds(1000))),
                IsError(Reason::kHsmPinRefused, Not(HasSubstr("changed and wrong"))));
  }
  // Several looks at the file later.
  const SteadyTime later = In(milliseconds(100));
  while (clock_.Tick() < later) std::this_thread::yield();
  EXPECT_EQ(faults_.Calls("C_Login") - logins, 1);
  EXPECT_THAT(link_->health().error, ::testing::Optional(::testing::Property(
                                         &Error::detail, HasSubstr("not tried again"))));

  token_.WritePin(SoftToken::kPin);
  EXPECT_TRUE(LinkBecomes(TokenState::kUp));
  EXPECT_EQ(faults_.Calls("C_Login") - logins, 2);
}

TEST_F(TokenLinkTest, DoesNotFinalizeAroundAThreadThatIsStuck) {
  Start();
  const long finalized = faults_.Calls("C_Finalize");
  auto stuck = link_->Enter(In(milliseconds(1000)));
  ASSERT_THAT(stuck, IsOk());
  const std::uint64_t old = stuck->connection().epoch();
  // What can be had without that, a login, is had.
  link_->ReportLost(1, Fault::kToken);
  ASSERT_THAT(link_->Enter(In(milliseconds(1000))), IsOk());
  EXPECT_EQ(link_->health().epoch, 2U);
  EXPECT_EQ(stuck->connection().epoch(), old);
  // Where not even that is to be had, it says why.
  faults_.Set("C_OpenSession 0x30 -1 0");
  link_->ReportLost(2, Fault::kToken);
  ASSERT_TRUE(LinkBecomes(TokenState::kDown));
  EXPECT_THAT(link_->health().error,
              ::testing::Optional(::testing::Property(&Error::detail, HasSubstr("C_OpenSession"))));
  EXPECT_EQ(faults_.Calls("C_Finalize"), finalized);
  { const auto left = *std::move(stuck); }
  faults_.Set("");
  EXPECT_TRUE(LinkBecomes(TokenState::kUp));
}

TEST_F(TokenLinkTest, AHiccupIsWaitedOut) {
  Start();
  faults_.Set("C_Initialize 0x30 2 0");
  link_->ReportLost(1, Fault::kToken);
  EXPECT_THAT(link_->Enter(In(milliseconds(5000))), IsOk());
  EXPECT_EQ(link_->health().epoch, 2U);
}

TEST_F(TokenLinkTest, LateReportsChangeNothing) {
  Start();
  link_->ReportLost(1, Fault::kToken);
  ASSERT_THAT(link_->Enter(In(milliseconds(5000))), IsOk());
  ASSERT_EQ(link_->health().epoch, 2U);
  link_->ReportLost(1, Fault::kToken);
  EXPECT_EQ(link_->health().state, TokenState::kUp);
  ASSERT_THAT(link_->Enter(In(milliseconds(5000))), IsOk());
  EXPECT_EQ(link_->health().epoch, 2U);
}

TEST_F(TokenLinkTest, LetsNobodyInAfterShutdown) {
  Start();
  EXPECT_TRUE(link_->Shutdown(In(milliseconds(5000))));
  EXPECT_THAT(link_->Enter(In(milliseconds(10))), IsError(Reason::kHsmUnavailable));
}

}  // namespace
}  // namespace certbroker::keystore
