#include "core/secret.h"

namespace certbroker {
namespace {

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);

TEST(SecretTest, TakesTheTextAwayFromItsGiver) {
  std::string pin = "1234";
  const Secret secret(std::move(pin));
  EXPECT_EQ(secret.ExposeForUse(), "1234");
  EXPECT_TRUE(pin.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the promise
}

TEST(SecretTest, MovingLeavesNothingBehind) {
  Secret first(std::string("a-much-longer-secret-than-the-small-string-buffer"));
  const Secret second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(second.ExposeForUse(), "a-much-longer-secret-than-the-small-string-buffer");
}

}  // namespace
}  // namespace certbroker
