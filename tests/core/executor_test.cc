#include "core/executor.h"

#include <atomic>
#include <future>

namespace certbroker {
namespace {

TEST(ExecutorTest, RunsEverythingQueuedBeforeItDies) {
  std::atomic<int> ran = 0;
  {
    Executor executor({.name = "test", .threads = 4, .queue_limit = 1'000});
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(executor.TryPost([&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 500);
}

TEST(ExecutorTest, AFullQueueIsAnAnswer) {
  std::promise<void> started;
  std::promise<void> release;
  Executor executor({.name = "test", .threads = 1, .queue_limit = 2});
  ASSERT_TRUE(executor.TryPost([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(executor.TryPost([] {}));
  EXPECT_TRUE(executor.TryPost([] {}));
  EXPECT_FALSE(executor.TryPost([] {}));
  release.set_value();
}

TEST(ExecutorTest, MinorWorkLeavesHalfOfTheQueueToTheRest) {
  std::promise<void> started;
  std::promise<void> release;
  Executor executor({.name = "test", .threads = 1, .queue_limit = 4});
  ASSERT_TRUE(executor.TryPost([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(executor.TryPostMinor([] {}));
  EXPECT_TRUE(executor.TryPostMinor([] {}));
  EXPECT_FALSE(executor.TryPostMinor([] {}));
  EXPECT_TRUE(executor.TryPost([] {}));
  EXPECT_TRUE(executor.TryPost([] {}));
  EXPECT_FALSE(executor.TryPost([] {}));
  release.set_value();
}

TEST(ExecutorTest, WorkThatMayNotBeLostRunsInTheCallerAfterStop) {
  Executor executor({.name = "test", .threads = 1, .queue_limit = 2});
  executor.Stop();
  EXPECT_FALSE(executor.TryPost([] {}));
  bool ran = false;
  executor.Post([&ran] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(UniqueFunctionTest, OwnsMoveOnlyCaptures) {
  auto owned = std::make_unique<int>(41);
  UniqueFunction<int(int)> add = [owned = std::move(owned)](int n) { return *owned + n; };
  UniqueFunction<int(int)> moved = std::move(add);
  EXPECT_EQ(moved(1), 42);
  EXPECT_TRUE(static_cast<bool>(moved));
}

}  // namespace
}  // namespace certbroker
