#include "acme/nonce_pool.h"

#include <set>
#include <thread>

#include <fmt/format.h>

#include "tests/fakes/fake_clock.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using namespace std::chrono_literals;

Nonce Make(std::string_view text) { return *Nonce::Parse(text); }

std::string TakeFrom(NoncePool& pool) {
  const auto nonce = pool.Take();
  return nonce ? nonce->ToString() : "none";
}

TEST(NoncePoolTest, GivesTheNewestFirstAndEachOnce) {
  const FakeClock clock;
  NoncePool pool(clock);
  for (const std::string_view text : {"a", "b", "c"}) pool.Put(Make(text));
  EXPECT_EQ(TakeFrom(pool), "c");
  EXPECT_EQ(TakeFrom(pool), "b");
  EXPECT_EQ(TakeFrom(pool), "a");
  EXPECT_EQ(TakeFrom(pool), "none");
}

TEST(NoncePoolTest, DropsTheOldestBeyondItsCapacity) {
  const FakeClock clock;
  NoncePool pool(clock, {.capacity = 2});
  for (const std::string_view text : {"a", "b", "c"}) pool.Put(Make(text));
  EXPECT_EQ(TakeFrom(pool), "c");
  EXPECT_EQ(TakeFrom(pool), "b");
  EXPECT_EQ(TakeFrom(pool), "none");
}

// tN3.
TEST(NoncePoolTest, ForgetsWhatIsTooOld) {
  FakeClock clock;
  NoncePool pool(clock, {.ttl = 60s});
  pool.Put(Make("old"));
  clock.Advance(59s);
  pool.Put(Make("young"));
  clock.Advance(1s);
  EXPECT_EQ(TakeFrom(pool), "young");
  EXPECT_EQ(TakeFrom(pool), "none");
}

TEST(NoncePoolTest, IsEmptyAfterAPurge) {
  const FakeClock clock;
  NoncePool pool(clock);
  pool.Put(Make("a"));
  pool.Purge();
  EXPECT_EQ(TakeFrom(pool), "none");
}

// tN4, T25.
TEST(NoncePoolTest, HarvestsOnlyNonces) {
  const FakeClock clock;
  NoncePool pool(clock);
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\r\nX: y"),
                                 std::string("a+b/="), std::string(1'025, 'a')}) {
    pool.Harvest({.status = 200, .headers = {{"replay-nonce", bad}}, .body = ""});
    EXPECT_EQ(TakeFrom(pool), "none") << bad.substr(0, 10);
  }
  pool.Harvest({});
  EXPECT_EQ(TakeFrom(pool), "none");
  pool.Harvest({.status = 400, .headers = {{"replay-nonce", "of-an-error"}}, .body = ""});
  EXPECT_EQ(TakeFrom(pool), "of-an-error");
  EXPECT_EQ(NonceOf({.status = 400, .headers = {{"replay-nonce", "x"}}, .body = ""})->ToString(),
            "x");
}

// tN2.
TEST(NoncePoolTest, NoNonceGoesToTwoThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  const FakeClock clock;
  NoncePool pool(clock, {.capacity = 100'000});
  std::vector<std::vector<std::string>> taken(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        pool.Put(Make(fmt::format("{}-{}", t, i)));
        const auto nonce = pool.Take();
        if (nonce) taken[static_cast<std::size_t>(t)].push_back(nonce->ToString());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> distinct;
  std::size_t total = 0;
  for (const auto& some : taken) {
    total += some.size();
    distinct.insert(some.begin(), some.end());
  }
  EXPECT_EQ(total, static_cast<std::size_t>(kThreads * kEach));
  EXPECT_EQ(distinct.size(), total);
}

}  // namespace
}  // namespace certbroker::acme
