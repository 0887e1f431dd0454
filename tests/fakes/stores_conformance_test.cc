#include "tests/conformance/abandoned_authorizations_suite.h"
#include "tests/conformance/account_store_suite.h"
#include "tests/conformance/certificate_store_suite.h"
#include "tests/conformance/challenge_board_suite.h"
#include "tests/conformance/challenge_queue_suite.h"
#include "tests/conformance/change_feed_suite.h"
#include "tests/conformance/moving_on_suite.h"
#include "tests/conformance/order_queue_suite.h"
#include "tests/conformance/order_store_suite.h"
#include "tests/conformance/renewal_queue_suite.h"
#include "tests/conformance/revocation_queue_suite.h"
#include "tests/fakes/fake_database.h"

namespace certbroker {
namespace {

class FakeHarness final : public StoreHarness {
 public:
  OrderStore& orders() override { return database_.orders(); }
  OrderQueue& queue() override { return database_.queue(); }
  ChallengeBoard& board() override { return database_.board(); }
  ChallengeQueue& challenges() override { return database_.challenges(); }
  CertificateStore& certificates() override { return database_.certificates(); }
  RevocationQueue& revocations() override { return database_.revocations(); }
  RenewalQueue& renewals() override { return database_.renewals(); }
  AbandonedAuthorizations& abandoned() override { return database_.abandoned(); }
  AccountStore& accounts() override { return database_.accounts(); }
  ChangeFeed& feed() override { return database_.feed(); }
  void Advance(std::chrono::milliseconds by) override { clock_.Advance(by); }
  void BreakFeed() override { database_.feed().Reconnect(); }

 private:
  FakeClock clock_;
  FakeDatabase database_{clock_};
};

const StoreBackend kFake = {"Fake", [] { return std::make_unique<FakeHarness>(); }};

INSTANTIATE_TEST_SUITE_P(Stores, AbandonedSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, AccountChangeSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, AccountStoreSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, CertificateStoreSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, ChallengeBoardSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, ChallengeQueueSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, ChangeFeedSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, MovingOnSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, OrderQueueSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, OrderStoreSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, RenewalQueueSuite, ::testing::Values(kFake), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, RevocationQueueSuite, ::testing::Values(kFake), NameOfBackend);

}  // namespace
}  // namespace certbroker
