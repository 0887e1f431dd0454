#include "service/engine/account_key_age.h"

#include "tests/service/engine/rollover_fixture.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr hours kYear{24 * 365};

class AccountKeyAgeTest : public RolloverFixture {
 protected:
  AccountKeyAgeTest() { issuers_.front().rollover.lifetime = kYear; }

  void Look() { EXPECT_THAT(age_.LeaseDue(), IsOk()); }
  std::ptrdiff_t Warnings() const {
    return std::ranges::count_if(log_.lines(), [](const std::string& line) {
      return line.find("account_key_overdue") != std::string::npos;
    });
  }

  AccountKeyAge age_{Deps(), issuers_, database_.accounts(), keys_};
};

TEST_F(AccountKeyAgeTest, AKeyOfAgeIsRolledOver) {
  clock_.Advance(kYear - hours{2});
  Look();
  EXPECT_EQ(Stored().change, AccountChange::kNone);

  clock_.Advance(hours{2});
  Look();
  EXPECT_EQ(Stored().change, AccountChange::kKey);
  EXPECT_EQ(Stored().wanted_key->thumbprint, Spare().thumbprint);
  Round(seconds{0});

  EXPECT_EQ(Stored().thumbprint, Spare().thumbprint);
}

TEST_F(AccountKeyAgeTest, TheNewKeyIsAsYoungAsItIs) {
  clock_.Advance(kYear);
  Look();
  Round(seconds{0});
  keys_.AddSpare(std::make_shared<FakeSigner>(clock_));
  clock_.Advance(kYear - hours{2});
  Look();

  EXPECT_EQ(Stored().change, AccountChange::kNone);
}

TEST_F(AccountKeyAgeTest, SaysWhenItLooksAgain) {
  EXPECT_THAT(age_.LeaseDue(), IsOkAndHolds(std::optional(std::chrono::milliseconds{hours{1}})));
  clock_.Advance(minutes{20});
  EXPECT_THAT(age_.LeaseDue(), IsOkAndHolds(std::optional(std::chrono::milliseconds{minutes{40}})));
}

TEST_F(AccountKeyAgeTest, WithoutALifetimeNothingIsLookedAt) {
  issuers_.front().rollover.lifetime.reset();
  clock_.Advance(kYear * 9);

  EXPECT_THAT(age_.LeaseDue(), IsOkAndHolds(std::nullopt));
  EXPECT_EQ(Stored().change, AccountChange::kNone);
}

TEST_F(AccountKeyAgeTest, AMissingSpareIsSaidOnceADay) {
  Want();
  Round(seconds{0});  // the only spare is taken
  clock_.Advance(kYear);
  for (int i = 0; i < 24; ++i) {
    Look();
    clock_.Advance(hours{1});
  }
  EXPECT_EQ(Warnings(), 1);
  Look();
  EXPECT_EQ(Warnings(), 2);
  EXPECT_THAT(log_.lines(), ::testing::Contains(HasSubstr("spare")));
}

TEST_F(AccountKeyAgeTest, TwoReplicasWantOneRollOver) {
  AccountKeyAge other(Deps(), issuers_, database_.accounts(), keys_);
  keys_.AddSpare(std::make_shared<FakeSigner>(clock_));
  clock_.Advance(kYear);
  Look();
  EXPECT_THAT(other.LeaseDue(), IsOk());
  Round(seconds{0});
  clock_.Advance(hours{25});
  Look();
  EXPECT_THAT(other.LeaseDue(), IsOk());

  EXPECT_EQ(Stored().thumbprint, Spare().thumbprint);
  EXPECT_EQ(Stored().change, AccountChange::kNone);
  EXPECT_EQ(Warnings(), 0);
}

}  // namespace
}  // namespace certbroker::engine
