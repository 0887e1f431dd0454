#include "core/order.h"

#include "core/jws.h"

namespace certbroker {
namespace {

// The names are stored: a value whose name does not lead back to it could not be read again.
template <class Enum, class FromName>
void ExpectNamesRoundTrip(Enum last, FromName from_name) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    const auto value = static_cast<Enum>(i);
    EXPECT_EQ(from_name(ToString(value)), value) << ToString(value);
  }
  EXPECT_EQ(from_name("no such name"), std::nullopt);
}

TEST(OrderTest, NamesRoundTrip) {
  ExpectNamesRoundTrip(OrderKind::kRenew, OrderKindFromName);
  ExpectNamesRoundTrip(AuthorizationStatus::kRevoked, AuthorizationStatusFromName);
  ExpectNamesRoundTrip(Presentation::kRemoved, PresentationFromName);
  ExpectNamesRoundTrip(SignaturePurpose::kRevokeCertificate, SignaturePurposeFromName);
}

}  // namespace
}  // namespace certbroker
