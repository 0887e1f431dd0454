#include "pki/requested_name.h"

#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct GoodName {
  std::string_view input, want;
};

TEST(RequestedNameTest, TakesNamesAndNormalisesThem) {
  const GoodName kCases[] = {
      {"www.example.com", "www.example.com"},
      {"WWW.Example.COM.", "www.example.com"},
      {"*.Example.com", "*.example.com"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"XN--BCHER-KVA.example", "xn--bcher-kva.example"},
      {"xn--fa-hia.example", "xn--fa-hia.example"},    // faß: valid in IDNA2008, non-transitional
      {"xn--e1aybc.xn--p1ai", "xn--e1aybc.xn--p1ai"},  // тест.рф
      {"*.xn--bcher-kva.example", "*.xn--bcher-kva.example"},
      {"xn--mgba3gch31f060k.example", "xn--mgba3gch31f060k.example"},  // a joiner where it may be
      {"xn--80ak6aa92e.example", "xn--80ak6aa92e.example"},  // all Cyrillic: policy's affair
      {"co.uk", "co.uk"},                                    // plain: whoever owns it may ask
      {"*.example.co.uk", "*.example.co.uk"},
      {"*.github.io", "*.github.io"},  // private part of the list: has an owner
      {"*.fleet.internal", "*.fleet.internal"},
      {"*.www.ck", "*.www.ck"},  // "!www.ck" is an exception to "*.ck"
      {"1.2.3.4.example", "1.2.3.4.example"},
      {"a-b--c.example", "a-b--c.example"},  // hyphens in fourth place are fine
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.input);
    const auto name = ParseRequestedName(c.input);
    ASSERT_THAT(name, IsOk());
    EXPECT_EQ(name->ToString(), c.want);
    // Normalising twice is normalising once.
    const auto again = ParseRequestedName(name->ToString());
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(*again, *name);
  }
}

TEST(RequestedNameTest, TellsTheAsciiFormOfANameInUnicode) {
  const GoodName kCases[] = {
      {"bücher.example", "xn--bcher-kva.example"},
      {"BÜCHER.Example", "xn--bcher-kva.example"},
      {"bu\u0308cher.example", "xn--bcher-kva.example"},  // decomposed: u and combining diaeresis
      {"*.bücher.example", "*.xn--bcher-kva.example"},
      {"bücher.example.", "xn--bcher-kva.example"},
      {"faß.example", "xn--fa-hia.example"},  // transitional processing would say "fass"
      {"пример.example", "xn--e1afmkfd.example"},
      {"日本。example", "xn--wgv71a.example"},  // the ideographic full stop separates labels
      {"a．example", "a.example"},              // full-width dot
      {"ａ.example", "a.example"},              // full-width letter
      {"a\u00ADb.example", "ab.example"},       // soft hyphen: mapped to nothing
      {"\u212A.example", "k.example"},          // the Kelvin sign
      {"＊.example.com", "*.example.com"},      // full-width asterisk
      {"ⓔxample.example", "example.example"},
      {"İ.example", "xn--i-9bb.example"},           // i and a dot above
      {"рaypal.example", "xn--aypal-uye.example"},  // Cyrillic р: the form betrays it
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.input);
    const auto name = ParseRequestedName(c.input);
    ASSERT_THAT(name, IsError(Reason::kNameInvalid));
    EXPECT_THAT(name.error().detail(), HasSubstr("\"" + std::string(c.want) + "\""));
  }
}

struct BadName {
  std::string name;
  std::string input;
  std::string says;
};

std::string Repeat(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

std::vector<BadName> HostileNames() {
  using namespace std::string_literals;
  return {
      // Form.
      {"empty", "", "empty"},
      {"dot", ".", "empty"},
      {"two dots", "..", "empty label"},
      {"empty label", "a..example.com", "empty label"},
      {"leading dot", ".example.com", "empty label"},
      {"two trailing dots", "example.com..", "empty label"},
      {"empty label behind a wildcard", "*..example.com", "empty label"},
      {"label of 64", std::string(64, 'a') + ".example", "63"},
      {"name of 254", Repeat("abcdefghi.", 25) + "abcd", "253"},
      {"megabyte", std::string(1 << 20, 'a'), "253"},
      {"megabyte in Unicode", Repeat("ü", 1 << 19), "no host name"},
      {"thousands of labels", Repeat("a.", 5000) + "example", "253"},
      {"hyphen first", "-a.example.com", "'-'"},
      {"hyphen last", "a-.example.com", "'-'"},
      {"hyphen alone", "-.example.com", "'-'"},
      {"reserved label", "ab--c.example.com", "A-label"},
      {"other prefix of old", "bq--abc.example.com", "A-label"},
      {"single label", "localhost", "one label"},
      {"single label with dot", "localhost.", "one label"},
      {"underscore", "_acme-challenge.example.com", "'_'"},
      {"underscore inside", "a_b.example.com", "'_'"},
      // What is not a DNS name at all.
      {"IPv4 with dot", "192.0.2.1.", "IP address"},
      {"IPv4 short form", "127.1", "IP address"},
      {"IPv4 octal", "0177.0.0.01", "IP address"},
      {"address of nobody", "0.0.0.0", "unspecified"},
      {"IPv6 in brackets", "[2001:db8::1]", "IP address"},
      {"URL", "https://www.example.com", "character other"},
      {"host and port", "www.example.com:443", "character other"},
      {"path", "www.example.com/", "character other"},
      {"traversal", "../../etc/passwd", "empty label"},
      {"user", "root@example.com", "character other"},
      {"query", "a?b.example.com", "character other"},
      {"percent", "a%2eexample.com", "character other"},
      {"comma", "a.example.com,b.example.com", "character other"},
      {"extension syntax", "a.example.com,IP:127.0.0.1", "character other"},
      {"SQL", "a';drop table orders;--.example.com", "character other"},
      {"shell", "$(id).example.com", "character other"},
      {"backslash escape", "a\\.b.example.com", "character other"},
      {"decimal escape", "a\\046b.example.com", "character other"},
      {"quote", "\"a\".example.com", "character other"},
      // Octets that other programs cut, skip or act upon.
      {"NUL", "www.example.com\0.evil.example"s, "character other"},
      {"NUL last", "www.example.com\0"s, "character other"},
      {"NUL first", "\0www.example.com"s, "character other"},
      {"NUL and Unicode", "bücher.example\0.evil.example"s, "no host name"},
      {"newline last", "www.example.com\n", "character other"},
      {"carriage return", "www.example.com\r\nHost: evil", "character other"},
      {"tab", "a\tb.example.com", "character other"},
      {"space", "a b.example.com", "character other"},
      {"space first", " www.example.com", "character other"},
      {"space last", "www.example.com ", "character other"},
      {"escape", "\x1b[31mwww.example.com", "character other"},
      {"delete", "a\x7f.example.com", "character other"},
      {"backspace", "evil\b\b\b\bgood.example.com", "character other"},
      // Wildcards.
      {"wildcard alone", "*", "whole first label"},
      {"wildcard and dot", "*.", "whole first label"},
      {"wildcard of a top level", "*.com", "one label"},
      {"wildcard of a private root", "*.internal", "one label"},
      {"wildcard inside", "a.*.example.com", "whole first label"},
      {"wildcard last", "example.*", "whole first label"},
      {"partial wildcard", "w*.example.com", "whole first label"},
      {"partial wildcard, other end", "*w.example.com", "whole first label"},
      {"two wildcards", "*.*.example.com", "whole first label"},
      {"two stars", "**.example.com", "whole first label"},
      {"wildcard in an A-label", "xn--*-kva.example.com", "whole first label"},
      {"wildcard on co.uk", "*.co.uk", "public suffix"},
      {"wildcard on CO.UK.", "*.CO.UK.", "public suffix"},
      {"wildcard on com.br", "*.com.br", "public suffix"},
      {"wildcard on a starred suffix", "*.foo.ck", "public suffix"},
      {"wildcard on a city", "*.foo.kawasaki.jp", "public suffix"},
      {"wildcard on a suffix in A-labels", "*.xn--55qx5d.cn", "public suffix"},
      {"wildcard on a suffix in Unicode", "*.公司.cn", "public suffix"},
      // A-labels that are none.
      {"xn-- alone", "xn--.example.com", "'-'"},
      {"xn-- and hyphen", "xn---.example.com", "'-'"},
      {"only ASCII inside", "xn--abc-.example.com", "'-'"},
      {"too large a code point", "xn--99999999.example.com", "A-label"},
      {"cut off", "xn--0.example.com", "A-label"},
      {"control character inside", "xn--a.example.com", "A-label"},
      {"decodes to a dot in a circle", "xn--a-ecp.example.com", "A-label"},  // "a⒈"
      {"decomposed inside", "xn--u-ccb.example.com", "A-label"},             // u + U+0308: not NFC
      {"A-label inside an A-label", "xn--xn--a--gua.example.com", "A-label"},
      {"begins with a combining mark", "xn--a-0hb.example.com", "A-label"},
      {"emoji", "xn--ls8h.example.com", "A-label"},
      {"snowman", "xn--n3h.example.com", "A-label"},
      {"not equal sign", "xn--1ch.example.com", "A-label"},
      {"heart", "xn--i-7iq.example.com", "A-label"},
      {"zero width joiner alone", "xn--1ug.example.com", "A-label"},
      {"zero width non-joiner in Latin", "xn--ab-j1t.example.com", "A-label"},
      {"mixed directions", "xn--a-yoc.example.com", "A-label"},
      {"middle dot alone", "xn--uba.example.com", "A-label"},
      {"bad A-label below a good one", "xn--bcher-kva.xn--0.example", "xn--0"},
      {"bad A-label as top level", "example.xn--0", "xn--0"},
      {"bad A-label behind a wildcard", "*.xn--0.example", "xn--0"},
      // Unicode for which no name stands.
      {"raw A-label with Unicode", "xn--bücher.example", "no host name"},
      {"underscore with Unicode", "_ü.example", "'_'"},  // libidn2 would drop the '_'
      {"empty label with Unicode", "ü..example", "empty label"},
      {"slash by mapping", "℀.example", "\"a/c.example\""},  // maps to "a/c"
      {"colon by mapping", "www.example：443", "character other"},
      {"fraction slash", "www.example.com⁄.evil.example", "no host name"},
      {"division slash", "www.example.com∕.evil.example", "no host name"},
      {"one dot leader", "a․example", "no host name"},
      {"two dot leader", "a‥example", "no host name"},
      {"Unicode hyphen", "a‐b.example", "no host name"},
      {"no-break space", "a\u00A0b.example", "character other"},
      {"zero width joiner", "a\u200Db.example", "no host name"},
      // NOLINTNEXTLINE(misc-misleading-bidirectional): escaped, and what the test is about
      {"right-to-left override", "\u202Emoc.elpmaxe", "no host name"},
      {"right-to-left mark", "a\u200Fb.example", "no host name"},
      {"line separator", "a\u2028b.example", "no host name"},
      {"mixed directions in Unicode", "1عربي.example", "no host name"},
      {"emoji in Unicode", "💩.example", "no host name"},
      {"single label of Unicode", "ü", "one label"},
      {"private use", "\uE000.example", "no host name"},
      {"not a character", "\uFFFF.example", "no host name"},
      {"digits by mapping, an address", "１２７.０.０.１", "IP address"},
      {"circled digits, an address", "①②⑦.⓪.⓪.①", "IP address"},
      // Octets that are not UTF-8.
      {"Latin-1", "b\xFC\x63her.example", "no host name"},
      {"overlong slash", "a\xC0\xAF.example", "no host name"},
      {"surrogate", "a\xED\xA0\x80.example", "no host name"},
      {"cut off", "a.example\xC3", "no host name"},
      {"0xFF", "\xFF\xFE.example", "no host name"},
  };
}

TEST(RequestedNameTest, RefusesHostileNamesWithAReasonEach) {
  const auto cases = HostileNames();
  EXPECT_GE(cases.size(), 80U);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto name = ParseRequestedName(c.input);
    EXPECT_THAT(name, IsError(Reason::kNameInvalid, HasSubstr(c.says)));
    if (name.has_value()) continue;
    // One violation, about this name; nothing that a terminal acts upon.
    ASSERT_EQ(name.error().violations().size(), 1U);
    EXPECT_EQ(name.error().violations()[0].reason, Reason::kNameInvalid);
    EXPECT_EQ(name.error().violations()[0].subject, Printable(c.input, 300));
    EXPECT_EQ(Printable(name.error().detail(), 4096), name.error().detail());
    EXPECT_LT(name.error().detail().size(), 1000U);
  }
}

TEST(RequestedNameTest, LimitsAreExact) {
  const std::string label63(63, 'a');
  EXPECT_THAT(ParseRequestedName(label63 + ".example"), IsOk());
  EXPECT_THAT(ParseRequestedName("a" + label63 + ".example"), Not(IsOk()));

  const std::string name253 = Repeat("abcdefghi.", 25) + "abc";
  ASSERT_EQ(name253.size(), 253U);
  EXPECT_THAT(ParseRequestedName(name253), IsOk());
  EXPECT_THAT(ParseRequestedName(name253 + "."), IsOk());
  EXPECT_THAT(ParseRequestedName(name253 + "d"), Not(IsOk()));
}

TEST(TypedNameTest, ConvertsULabels) {
  const GoodName kCases[] = {
      {"bücher.example", "xn--bcher-kva.example"},
      {"WWW.Bücher.Example.", "www.xn--bcher-kva.example"},
      {"bu\u0308cher.example", "xn--bcher-kva.example"},  // decomposed
      {"*.bücher.example", "*.xn--bcher-kva.example"},
      {"faß.example", "xn--fa-hia.example"},
      {"пример.example", "xn--e1afmkfd.example"},
      {"www.example.com", "www.example.com"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"2001:DB8::1", "2001:db8::1"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.input);
    const auto name = ParseTypedName(c.input);
    ASSERT_THAT(name, IsOk());
    EXPECT_EQ(name->ToString(), c.want);
  }
}

TEST(TypedNameTest, WhatWouldHaveToBeMappedIsOnlyTold) {
  const GoodName kCases[] = {
      {"BÜCHER.example", "xn--bcher-kva.example"},
      {"a．example", "a.example"},         // full-width dot
      {"a\u00ADb.example", "ab.example"},  // soft hyphen: mapped to nothing
      {"\u212A.example", "k.example"},     // the Kelvin sign
  };
  for (const auto& c : kCases) {
    EXPECT_THAT(ParseTypedName(c.input),
                IsError(Reason::kNameInvalid, HasSubstr("\"" + std::string(c.want) + "\"")))
        << c.input;
  }
}

TEST(TypedNameTest, RefusesWhatIdna2008RefusesAndSaysWhy) {
  for (const std::string_view name : {"☃.example", "i♥.example", "💩.example", "a\u200Db.example"}) {
    EXPECT_THAT(ParseTypedName(name), IsError(Reason::kNameInvalid, HasSubstr("IDNA2008"))) << name;
  }
  EXPECT_THAT(ParseTypedName("bü_cher.example"), IsError(Reason::kNameInvalid));
  EXPECT_THAT(ParseTypedName(std::string_view("bü\0.example", 12)), IsError(Reason::kNameInvalid));
  EXPECT_THAT(ParseTypedName("*.公司.cn"),
              IsError(Reason::kNameInvalid, HasSubstr("public suffix")));
}

}  // namespace
}  // namespace certbroker::pki
