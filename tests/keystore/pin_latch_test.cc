#include "keystore/pin_latch.h"

#include <gtest/gtest.h>

namespace certbroker::keystore {
namespace {

Secret Pin(std::string text) { return Secret(std::move(text)); }

TEST(PinLatchTest, RemembersThePinThatWasRefusedLast) {
  PinLatch latch;
  EXPECT_FALSE(latch.Refused(Pin("1234")));
  latch.Refuse(Pin("1234"));
  EXPECT_TRUE(latch.Refused(Pin("1234")));
  EXPECT_FALSE(latch.Refused(Pin("12345")));
  EXPECT_FALSE(latch.Refused(Pin("")));
}

}  // namespace
}  // namespace certbroker::keystore
