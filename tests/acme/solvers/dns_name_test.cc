#include "acme/solvers/dns_name.h"

#include "acme/solvers/server_address.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using ::testing::HasSubstr;

TEST(DnsNameTest, IsLowerCaseWithoutALastDot) {
  EXPECT_EQ(DnsName("_ACME-Challenge.Example.COM."), "_acme-challenge.example.com");
  EXPECT_EQ(DnsName("."), "");
}

TEST(DnsNameTest, ClimbsLabelByLabel) {
  EXPECT_EQ(ParentOf("a.b.c"), "b.c");
  EXPECT_EQ(ParentOf("c"), "");
}

TEST(DnsNameTest, KnowsWhatLiesBelowAZone) {
  EXPECT_TRUE(IsAtOrBelow("example.com", "example.com"));
  EXPECT_TRUE(IsAtOrBelow("a.b.example.com", "example.com"));
  EXPECT_TRUE(IsAtOrBelow("a", ""));
  EXPECT_FALSE(IsAtOrBelow("badexample.com", "example.com"));
  EXPECT_FALSE(IsAtOrBelow("com", "example.com"));
}

TEST(ServerAddressTest, ReadsAddressesWithAndWithoutPorts) {
  const struct {
    std::string text, ip;
    std::uint16_t port;
  } kCases[] = {{"192.0.2.53", "192.0.2.53", 53},
                {"192.0.2.53:5353", "192.0.2.53", 5353},
                {"2001:db8::53", "2001:db8::53", 53},
                {"[2001:db8::53]:5353", "2001:db8::53", 5353}};
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.text);
    const auto address = ServerAddress::Parse(c.text);
    ASSERT_THAT(address, IsOk());
    EXPECT_EQ(*address, (ServerAddress{c.ip, c.port}));
    EXPECT_EQ(address->ToString(), c.text);
  }
}

TEST(ServerAddressTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "ns1.example.com", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536",
                           "192.0.2.53:53x", "[192.0.2.53]:53", "192.0.2.256", "[2001:db8::53]"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(ServerAddress::Parse(text),
                IsError(Reason::kConfigInvalid, HasSubstr("IP address")));
  }
}

}  // namespace
}  // namespace certbroker::acme
