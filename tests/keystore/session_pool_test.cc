#include "keystore/session_pool.h"

#include <thread>

#include "tests/keystore/fake_module.h"
#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

constexpr SteadyTime kNow = SteadyTime::min();  // a deadline that has passed

class SessionPoolTest : public ::testing::Test {
 protected:
  FakeModule module_;
};

TEST_F(SessionPoolTest, OpensWhatIsNeededAndUsesItAgain) {
  SessionPool pool(module_.functions(), 0, 4);
  EXPECT_EQ(module_.opened, 0);
  CK_SESSION_HANDLE first = 0;
  for (int i = 0; i < 10; ++i) {
    auto [rv, lease] = pool.Acquire(kNow);
    ASSERT_EQ(rv, CKR_OK);
    if (first == 0) first = lease->handle();
    EXPECT_EQ(lease->handle(), first);
    std::move(*lease).GiveBack();
  }
  EXPECT_EQ(module_.opened, 1);
}

TEST_F(SessionPoolTest, ClosesWhatIsNotGivenBack) {
  SessionPool pool(module_.functions(), 0, 4);
  { auto acquired = pool.Acquire(kNow); }
  EXPECT_EQ(module_.open_sessions, 0U);
  EXPECT_EQ(pool.Acquire(kNow).rv, CKR_OK);
  EXPECT_EQ(module_.opened, 2);
}

TEST_F(SessionPoolTest, HasALimit) {
  SessionPool pool(module_.functions(), 0, 2);
  auto a = pool.Acquire(kNow);
  auto b = pool.Acquire(kNow);
  EXPECT_EQ(pool.Acquire(kNow).rv, CKR_SESSION_COUNT);
  EXPECT_EQ(module_.opened, 2);
  std::move(*a.lease).GiveBack();
  EXPECT_EQ(pool.Acquire(kNow).rv, CKR_OK);
}

TEST_F(SessionPoolTest, WaitsForASessionToComeBack) {
  SessionPool pool(module_.functions(), 0, 1);
  auto held = pool.Acquire(kNow);
  CK_RV waited = CKR_GENERAL_ERROR;
  {
    std::jthread waiter([&] { waited = pool.Acquire(SteadyTime::max()).rv; });
    std::move(*held.lease).GiveBack();
  }
  EXPECT_EQ(waited, CKR_OK);
  EXPECT_EQ(module_.opened, 1);
}

// A network HSM gives fewer than we want: from then on the pool is that small.
TEST_F(SessionPoolTest, ShrinksToWhatTheTokenGives) {
  module_.session_limit = 2;
  SessionPool pool(module_.functions(), 0, 10);
  auto a = pool.Acquire(kNow);
  auto b = pool.Acquire(kNow);
  EXPECT_EQ(pool.Acquire(kNow).rv, CKR_SESSION_COUNT);
  std::move(*b.lease).GiveBack();
  EXPECT_EQ(pool.Acquire(kNow).rv, CKR_OK);
}

TEST_F(SessionPoolTest, SaysWhenOthersHaveTakenAllSessions) {
  module_.session_limit = 0;
  SessionPool pool(module_.functions(), 0, 4);
  EXPECT_EQ(pool.Acquire(SteadyTime::max()).rv, CKR_SESSION_COUNT);
  module_.session_limit = 1;
  EXPECT_EQ(pool.Acquire(SteadyTime::max()).rv, CKR_OK);
}

TEST_F(SessionPoolTest, WritesWhereATokenHasNoReadOnlySessions) {
  module_.read_only_sessions = false;
  SessionPool pool(module_.functions(), 0, 4);
  EXPECT_EQ(pool.Acquire(kNow).rv, CKR_OK);
}

TEST_F(SessionPoolTest, DropsIdleSessionsAfterAReset) {
  SessionPool pool(module_.functions(), 0, 4);
  auto busy = pool.Acquire(kNow);
  std::move(*pool.Acquire(kNow).lease).GiveBack();
  pool.CloseIdle();
  EXPECT_EQ(module_.open_sessions, 1U);
  std::move(*busy.lease).GiveBack();
}

}  // namespace
}  // namespace certbroker::keystore
