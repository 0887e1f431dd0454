#include "core/identifier.h"

#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::HasSubstr;

struct Good {
  std::string_view input, normalised;
};

TEST(IdentifierTest, NormalisesCaseAndTrailingDot) {
  const Good kCases[] = {
      {"www.example.com", "www.example.com"},  {"WWW.Example.COM", "www.example.com"},
      {"www.example.com.", "www.example.com"}, {"*.Example.com.", "*.example.com"},
      {"a-b.c3.example", "a-b.c3.example"},    {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"1.2.example", "1.2.example"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.input);
    const auto name = Identifier::Parse(c.input);
    ASSERT_THAT(name, IsOk());
    EXPECT_EQ(name->ToString(), c.normalised);
    const auto again = Identifier::Parse(name->ToString());
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(*again, *name);
  }
}

struct Bad {
  std::string name, input, says;
};

TEST(IdentifierTest, SaysWhatIsWrongWithAName) {
  const std::string label64(64, 'a');
  std::string name254;
  while (name254.size() < 254) name254 += "abcdefghi.";
  name254.resize(254);
  const Bad kCases[] = {
      {"empty", "", "empty"},
      {"dot only", ".", "empty"},
      {"underscore", "_acme.example.com", "'_'"},
      {"empty label", "a..example.com", "empty label"},
      {"leading dot", ".example.com", "empty label"},
      {"two trailing dots", "example.com..", "empty label"},
      {"long label", label64 + ".example.com", "63"},
      {"long name", name254, "253"},
      {"hyphen first", "-a.example.com", "begins or ends with '-'"},
      {"hyphen last", "a-.example.com", "begins or ends with '-'"},
      {"reserved label", "ab--c.example.com", "A-label"},
      {"one label", "localhost", "one label"},
      {"short IPv4", "192.0.2", "looks like an IP address"},
      {"IPv4 with a leading zero", "192.0.02.1", "looks like an IP address"},
      {"IPv4 with a trailing dot", "192.0.2.1.", "looks like an IP address"},
      {"IPv4 wildcard", "*.192.0.2.1", "looks like an IP address"},
      {"IPv6 in brackets", "[2001:db8::1]", "looks like an IP address"},
      {"IPv6 with a zone", "fe80::1%eth0", "looks like an IP address"},
      {"network", "192.0.2.0/24", "character other than"},
      {"unspecified IPv4", "0.0.0.0", "unspecified"},
      {"unspecified IPv6", "::", "unspecified"},
      {"multicast IPv4", "224.0.0.1", "multicast"},
      {"broadcast", "255.255.255.255", "broadcast"},
      {"multicast IPv6", "ff02::1", "multicast"},
      {"mapped IPv4", "::ffff:192.0.2.1", "written as IPv6"},
      {"compatible IPv4", "::192.0.2.1", "written as IPv6"},
      {"wildcard inside", "a.*.example.com", "whole first label"},
      {"partial wildcard", "w*.example.com", "whole first label"},
      {"double wildcard", "*.*.example.com", "whole first label"},
      {"wildcard of a top level", "*.com", "one label"},
      {"bare wildcard", "*", "whole first label"},
      {"space", "a b.example.com", "character other than"},
      {"NUL", std::string("a\0.example.com", 14), "character other than"},
      {"slash", "a/../b.example.com", "character other than"},
      {"U-label",
       "b\xC3\xBC"
       "cher.example",
       "A-label"},
      {"full-width dot",
       "a\xEF\xBC\x8E"
       "example.com",
       "A-label"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(Identifier::Parse(c.input), IsError(Reason::kNameInvalid, HasSubstr(c.says)));
  }
}

// RFC 8738 §3, RFC 5952.
TEST(IdentifierTest, NormalisesAddresses) {
  const Good kCases[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"2001:DB8::1", "2001:db8::1"},
      {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"::1", "::1"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.input);
    const auto name = Identifier::Parse(c.input);
    ASSERT_THAT(name, IsOk());
    EXPECT_EQ(name->type(), IdentifierType::kIp);
    EXPECT_EQ(name->ToString(), c.normalised);
    EXPECT_EQ(name->base(), c.normalised);
    EXPECT_FALSE(name->is_wildcard());
    const auto again = Identifier::FromIpOctets(name->IpOctets());
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(*again, *name);
  }
}

TEST(IdentifierTest, TakesAddressesOfFourOrSixteenOctetsOnly) {
  EXPECT_EQ(Identifier::FromIpOctets(Bytes{192, 0, 2, 1})->ToString(), "192.0.2.1");
  EXPECT_THAT(Identifier::FromIpOctets(Bytes{192, 0, 2}), IsError(Reason::kNameInvalid));
  EXPECT_THAT(Identifier::FromIpOctets(Bytes(8, 1)), IsError(Reason::kNameInvalid));
  EXPECT_THAT(Identifier::FromIpOctets(Bytes(16, 0)), IsError(Reason::kNameInvalid));
  EXPECT_TRUE(Identifier::Parse("www.example.com")->IpOctets().empty());
}

TEST(IdentifierTest, NeverEchoesControlCharacters) {
  const auto name = Identifier::Parse("a\x1b[31m.example.com");
  ASSERT_THAT(name, IsError(Reason::kNameInvalid));
  EXPECT_EQ(name.error().detail().find('\x1b'), std::string::npos);
}

TEST(IdentifierTest, NeverEchoesControlCharactersOfALongLabel) {
  const auto name = Identifier::Parse("\x1b[31m" + std::string(80, 'a') + ".example.com");

  EXPECT_EQ(name.error().detail().find('\x1b'), std::string::npos);
  EXPECT_EQ(name.error().violations().at(0).description.find('\x1b'), std::string::npos);
}

TEST(IdentifierTest, KnowsItsBase) {
  EXPECT_TRUE(Identifier::Parse("*.example.com")->is_wildcard());
  EXPECT_EQ(Identifier::Parse("*.example.com")->base(), "example.com");
  EXPECT_EQ(Identifier::Parse("www.example.com")->base(), "www.example.com");
}

TEST(IdentifierTest, SortsAndDropsDoubles) {
  std::vector<Identifier> names;
  for (const char* text : {"b.example.com", "a.example.com", "B.example.com"}) {
    names.push_back(*Identifier::Parse(text));
  }
  EXPECT_EQ(JoinNames(SortedUnique(names)), "a.example.com, b.example.com");
}

}  // namespace
}  // namespace certbroker
