#include "core/domain_name.h"

#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::HasSubstr;

struct Good {
  std::string_view input, normalised;
};

TEST(DomainNameTest, NormalisesCaseAndTrailingDot) {
  const Good kCases[] = {
      {"www.example.com", "www.example.com"},  {"WWW.Example.COM", "www.example.com"},
      {"www.example.com.", "www.example.com"}, {"*.Example.com.", "*.example.com"},
      {"a-b.c3.example", "a-b.c3.example"},    {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"1.2.example", "1.2.example"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.input);
    const auto name = DomainName::Parse(c.input);
    ASSERT_THAT(name, IsOk());
    EXPECT_EQ(name->ToString(), c.normalised);
    const auto again = DomainName::Parse(name->ToString());
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(*again, *name);
  }
}

struct Bad {
  std::string name, input, says;
};

TEST(DomainNameTest, SaysWhatIsWrongWithAName) {
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
      {"IPv4", "192.0.2.1", "IP address"},
      {"IPv6", "2001:db8::1", "character other than"},
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
    EXPECT_THAT(DomainName::Parse(c.input), IsError(Reason::kNameInvalid, HasSubstr(c.says)));
  }
}

TEST(DomainNameTest, NeverEchoesControlCharacters) {
  const auto name = DomainName::Parse("a\x1b[31m.example.com");
  ASSERT_THAT(name, IsError(Reason::kNameInvalid));
  EXPECT_EQ(name.error().detail().find('\x1b'), std::string::npos);
}

TEST(DomainNameTest, KnowsItsBase) {
  EXPECT_TRUE(DomainName::Parse("*.example.com")->is_wildcard());
  EXPECT_EQ(DomainName::Parse("*.example.com")->base(), "example.com");
  EXPECT_EQ(DomainName::Parse("www.example.com")->base(), "www.example.com");
}

TEST(DomainNameTest, SortsAndDropsDoubles) {
  std::vector<DomainName> names;
  for (const char* text : {"b.example.com", "a.example.com", "B.example.com"}) {
    names.push_back(*DomainName::Parse(text));
  }
  EXPECT_EQ(JoinNames(SortedUnique(names)), "a.example.com, b.example.com");
}

}  // namespace
}  // namespace certbroker
