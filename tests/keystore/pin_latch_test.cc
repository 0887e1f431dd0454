#include "keystore/pin_latch.h"

#include <gtest/gtest.h>

namespace certbroker::keystore {
namespace {

Secret Pin(std::string text) { return Secret(std::move(text)); }

TEST(PinLatchTest, RemembersEachPinThatWasRefused) {
  PinLatch latch;
  EXPECT_FALSE(latch.Refused(Pin("1234")));
  latch.Refuse(Pin("1234"));
  EXPECT_TRUE(latch.Refused(Pin("1234")));
  EXPECT_FALSE(latch.Refused(Pin("12345")));
  EXPECT_FALSE(latch.Refused(Pin("")));
  latch.Refuse(Pin("5678"));
  EXPECT_TRUE(latch.Refused(Pin("1234")));
  EXPECT_TRUE(latch.Refused(Pin("5678")));
}

}  // namespace
}  // namespace certbroker::keystore
