#include "service/engine/checkpointer.h"

#include <thread>

#include <gmock/gmock.h>

#include "tests/fakes/capture_log.h"
#include "tests/fakes/fake_checkpoint_store.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::HasSubstr;

class NamesItsNumber final : public CheckpointSigner {
 public:
  Result<SignedCheckpoint> Sign(const Checkpoint& checkpoint, SteadyTime) override {
    return SignedCheckpoint{checkpoint, "thumb", "jws " + std::to_string(checkpoint.number)};
  }
};

class CheckpointerTest : public ::testing::Test {
 protected:
  void Start(const Checkpointer::FindSigner& find) {
    checkpointer_.emplace(store_, find, Checkpointer::Timing{.look = milliseconds(1)}, clock_,
                          log_);
  }
  template <class Condition>
  bool Becomes(Condition condition) {
    const SteadyTime deadline = clock_.Tick() + std::chrono::seconds(5);
    while (!condition() && clock_.Tick() < deadline) std::this_thread::sleep_for(milliseconds(1));
    return condition();
  }
  static Checkpoint Head(std::int64_t number) { return {number, Bytes(32, 1), Time()}; }

  FakeCheckpointStore store_;
  SystemClock clock_;
  CaptureLog log_;
  std::optional<Checkpointer> checkpointer_;
};

TEST_F(CheckpointerTest, SignsEachHeadOnce) {
  Start(
      [] { return Result<std::unique_ptr<CheckpointSigner>>(std::make_unique<NamesItsNumber>()); });
  store_.SetHead(Head(3));
  ASSERT_TRUE(Becomes([&] { return store_.added().size() == 1; }));
  store_.SetHead(Head(9));
  ASSERT_TRUE(Becomes([&] { return store_.added().size() == 2; }));
  checkpointer_.reset();
  EXPECT_EQ(store_.added()[0].jws, "jws 3");
  EXPECT_EQ(store_.added()[1].jws, "jws 9");
  // For whoever keeps logs where the database's owner does not reach.
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("checkpoint")));
}

TEST_F(CheckpointerTest, GoesOnWhenTheKeyOrTheDatabaseIsBack) {
  std::atomic<bool> there = false;
  Start([&]() -> Result<std::unique_ptr<CheckpointSigner>> {
    if (!there) return Error(Reason::kHsmKeyMissing, "not provisioned yet");
    return std::unique_ptr<CheckpointSigner>(std::make_unique<NamesItsNumber>());
  });
  store_.SetHead(Head(1));
  ASSERT_TRUE(Becomes([&] { return log_.lines().size() >= 2; }));
  EXPECT_THAT(log_.lines(), Contains(HasSubstr("not provisioned yet")));
  EXPECT_TRUE(store_.added().empty());
  store_.FailWith(Error(Reason::kDatabaseUnavailable, "away"));
  there = true;
  ASSERT_TRUE(Becomes([&] { return log_.lines().back().find("away") != std::string::npos; }));
  store_.FailWith(std::nullopt);
  EXPECT_TRUE(Becomes([&] { return store_.added().size() == 1; }));
  checkpointer_.reset();
}

}  // namespace
}  // namespace certbroker::engine
