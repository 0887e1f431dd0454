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
#include "tests/db/pg_harness.h"

namespace certbroker {
namespace {

using ::testing::Values;

INSTANTIATE_TEST_SUITE_P(Stores, AbandonedSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, AccountChangeSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, AccountStoreSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, CertificateStoreSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, ChallengeBoardSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, ChallengeQueueSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, ChangeFeedSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, MovingOnSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, OrderQueueSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, OrderStoreSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, RenewalQueueSuite, Values(db::Postgres()), NameOfBackend);
INSTANTIATE_TEST_SUITE_P(Stores, RevocationQueueSuite, Values(db::Postgres()), NameOfBackend);

}  // namespace
}  // namespace certbroker
