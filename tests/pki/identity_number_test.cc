#include "pki/identity_number.h"

#include <limits>

#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

std::optional<IdentityNumber> NumberIn(const std::string& serial_hex) {
  static const forge::Key key = forge::Key::Ec();
  const auto certificate = Certificate::Parse(forge::MakeCertificate(
      {.not_after = Time(std::chrono::hours(1)), .serial_hex = serial_hex}, key, key));
  EXPECT_THAT(certificate, IsOk());
  return IdentityNumberOf(*certificate);
}

struct SerialCase {
  std::string_view name;
  std::string hex;
  std::optional<IdentityNumber> number;
};

TEST(IdentityNumberTest, IsWhatStandsAboveTheRandomOctets) {
  const SerialCase kCases[] = {
      {"the first", "00000000000000010123456789abcdef", 1},
      {"random octets all zero", "00000000000000010000000000000000", 1},
      {"random octets all ones", "0000000000000001ffffffffffffffff", 1},
      {"top bit of an octet", "0000000000000080ffffffffffffffff", 128},
      {"two octets", "00000000000001000000000000000000", 256},
      {"high", "0123456789abcdef0000000000000000", 0x0123456789abcdef},
      {"the highest", "7fffffffffffffffffffffffffffffff",
       std::numeric_limits<IdentityNumber>::max()},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(NumberIn(c.hex), c.number);
  }
}

TEST(IdentityNumberTest, IsNotInOtherSerials) {
  const SerialCase kCases[] = {
      {"zero", "00", {}},
      {"one", "01", {}},
      {"random octets alone", "ffffffffffffffff", {}},
      {"a number that would be negative", "80000000000000000000000000000000", {}},
      {"all ones", "ffffffffffffffffffffffffffffffff", {}},
      {"seventeen octets", "0100000000000000000000000000000000", {}},
      {"twenty octets", "0102030405060708090a0b0c0d0e0f1011121314", {}},
      {"negative", "-00000000000000010123456789abcdef", {}},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(NumberIn(c.hex), c.number);
  }
}

}  // namespace
}  // namespace certbroker::pki
