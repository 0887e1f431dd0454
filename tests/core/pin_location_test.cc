#include "core/pin_location.h"

#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::HasSubstr;
using Form = PinLocation::Form;

TEST(PinLocationTest, IsAFileUnlessItSaysOtherwise) {
  const auto file = PinLocation::Parse("/etc/certbroker/pin");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->form, Form::kFile);
  EXPECT_EQ(file->name, "/etc/certbroker/pin");
  EXPECT_EQ(PinLocation::Parse("./fd:3")->form, Form::kFile) << "how such a file is named";
}

TEST(PinLocationTest, NamesACredentialOrADescriptor) {
  const auto credential = PinLocation::Parse("credential:hsm-pin");
  ASSERT_THAT(credential, IsOk());
  EXPECT_EQ(credential->form, Form::kCredential);
  EXPECT_EQ(credential->name, "hsm-pin");
  const auto descriptor = PinLocation::Parse("fd:3");
  ASSERT_THAT(descriptor, IsOk());
  EXPECT_EQ(descriptor->form, Form::kDescriptor);
  EXPECT_EQ(descriptor->descriptor, 3);
  EXPECT_EQ(PinLocation::Parse("fd:0")->descriptor, 0);
}

TEST(PinLocationTest, RefusesWhatLeadsElsewhere) {
  for (const std::string text :
       {"", "credential:", "credential:../shadow", "credential:..", "credential:a/b",
        "credential:a b", "fd:", "fd:-1", "fd:1", "fd:2", "fd:3x", "fd: 3", "fd:99999999999"}) {
    EXPECT_THAT(PinLocation::Parse(text), IsError(Reason::kConfigInvalid, HasSubstr("PIN")))
        << text;
  }
}

}  // namespace
}  // namespace certbroker
