#include "acme/json.h"

#include <fmt/format.h>

#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

std::string Nested(std::string_view open, std::string_view close, int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += open;
  for (int i = 0; i < depth; ++i) text += close;
  return text;
}

std::string Items(int count) {
  std::string items = "0";
  for (int i = 1; i < count; ++i) items += ",0";
  return items;
}

TEST(JsonTest, GivesMembersByTheirType) {
  const auto root = ParseJsonObject(
      R"({"s":"ü\n\u20ac\ud83d\ude00","i":-7,"b":true,"n":null,"a":[1,"x"],"o":{"p":"q"},"f":1.5})");
  ASSERT_THAT(root, IsOk());
  EXPECT_EQ(*(*root)["s"].AsString(), "ü\n€😀");
  EXPECT_THAT((*root)["i"].AsInteger(), Optional(-7));
  EXPECT_THAT((*root)["b"].AsBool(), Optional(true));
  EXPECT_TRUE((*root)["n"].is_null());
  EXPECT_EQ((*root)["a"].AsArray()->size(), 2U);
  EXPECT_EQ(*(*root)["o"]["p"].AsString(), "q");
  EXPECT_EQ((*root)["f"].AsInteger(), std::nullopt);
}

TEST(JsonTest, AskingForAnotherTypeOrANameThatIsNotThereGivesNothing) {
  const auto root = ParseJsonObject(R"({"s":"text","a":[]})");
  ASSERT_THAT(root, IsOk());
  const JsonValue& text = (*root)["s"];
  EXPECT_EQ(text.AsInteger(), std::nullopt);
  EXPECT_EQ(text.AsBool(), std::nullopt);
  EXPECT_EQ(text.AsArray(), nullptr);
  EXPECT_EQ(text.AsObject(), nullptr);
  EXPECT_EQ((*root)["a"].AsString(), nullptr);
  EXPECT_TRUE((*root)["absent"].is_null());
  EXPECT_TRUE(text["of a string"]["deeper"].is_null());
}

// T26. Every one of these has broken a parser somewhere.
TEST(JsonTest, RefusesWhatIsNotOneBoundedObject) {
  const struct {
    std::string_view name;
    std::string text;
    std::string_view says;
  } cases[] = {
      {"nothing", "", "octet"},
      {"white space", " \n", "octet"},
      {"HTML", "<html><body>504</body></html>", "octet 1"},
      {"an array", "[]", "no object"},
      {"a string", R"("x")", "no object"},
      {"null", "null", "no object"},
      {"two objects", "{}{}", "octet 3"},
      {"a comma at the end", R"({"a":1,})", "octet"},
      {"a comment", "{/* a */}", "octet"},
      {"single quotes", "{'a':1}", "octet"},
      {"a name without quotes", "{a:1}", "octet"},
      {"NaN", R"({"a":NaN})", "octet"},
      {"infinity by exponent", R"({"a":1e999})", "octet"},
      {"a leading zero", R"({"a":01})", "octet"},
      {"a lone high surrogate", R"({"a":"\ud800"})", "octet"},
      {"a lone low surrogate", R"({"a":"\udc00"})", "octet"},
      {"invalid UTF-8", "{\"a\":\"\xff\"}", "octet"},
      {"an overlong slash", "{\"a\":\"\xc0\xaf\"}", "octet"},
      {"a raw control character", "{\"a\":\"\x01\"}", "octet"},
      {"a raw NUL", std::string("{\"a\":\"\0\"}", 9), "octet"},
      {"a member twice", R"({"status":"valid","status":"invalid"})", "\"status\" twice"},
      {"twice by an escape", R"({"status":1,"st\u0061tus":2})", "\"status\" twice"},
      {"twice further down", R"({"a":[{"x":1,"y":2,"x":3}]})", "\"x\" twice"},
      {"a bell in a name that is there twice", R"({"\u0007":1,"\u0007":1})", "\"?\" twice"},
      {"33 deep", "{\"a\":" + Nested("[", "]", 32) + "}", "deeper than 32"},
      {"100,000 arrays deep", "{\"a\":" + Nested("[", "]", 100'000) + "}", "deeper than 32"},
      {"30,000 objects deep", Nested("{\"a\":", "}", 30'000), "deeper than 32"},
      {"never closed", Nested("[", "", 200'000), "deeper than 32"},
      {"10,001 values", "{\"a\":[" + Items(10'000) + "]}", "more than 10000 values"},
      {"a quarter of a mebibyte and one", "{\"a\":\"" + std::string(256 * 1024 - 7, 'x') + "\"}",
       "at most 262144"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(ParseJsonObject(c.text), IsError(Reason::kCaBadAnswer, HasSubstr(c.says)));
  }
}

TEST(JsonTest, TakesWhatJustFits) {
  const std::string cases[] = {
      "{\"a\":" + Nested("[", "]", 31) + "}",
      "{\"a\":[" + Items(9'998) + "]}",
      "{\"a\":\"" + std::string(256 * 1024 - 8, 'x') + "\"}",
      R"({"a":{"x":1},"b":{"x":1}})",
      R"({"a":"\u0000"})",
      " \r\n\t{ } ",
  };
  for (const std::string& text : cases) {
    EXPECT_THAT(ParseJsonObject(text), IsOk()) << text.substr(0, 40);
  }
}

TEST(JsonTest, NumbersBeyondAnIntegerAreNone) {
  const struct {
    std::string_view text;
    std::optional<std::int64_t> want;
  } cases[] = {
      {"9223372036854775807", 9223372036854775807},
      {"9223372036854775808", std::nullopt},
      {"18446744073709551615", std::nullopt},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
      {"99999999999999999999999999", std::nullopt},
      {"1e3", std::nullopt},
      {"-0", 0},
  };
  for (const auto& c : cases) {
    const auto root = ParseJsonObject(fmt::format(R"({{"a":{}}})", c.text));
    ASSERT_THAT(root, IsOk()) << c.text;
    EXPECT_EQ((*root)["a"].AsInteger(), c.want) << c.text;
  }
}

TEST(JsonTest, TypedMembersTellAbsentFromWrong) {
  const auto parsed = ParseJsonObject(
      R"({"null":null,"n":1,"s":"x","http":"http://a/","u":"https://a/b","t":"2026-11-21T07:30:00Z",
          "strings":["a","b"],"mixed":["a",1]})");
  ASSERT_THAT(parsed, IsOk());
  const JsonValue& root = *parsed;

  EXPECT_THAT(RequiredString(root, "absent"), IsError(Reason::kCaBadAnswer, HasSubstr("lacks")));
  EXPECT_THAT(RequiredString(root, "null"), IsError(Reason::kCaBadAnswer, HasSubstr("lacks")));
  EXPECT_THAT(RequiredString(root, "n"), IsError(Reason::kCaBadAnswer, HasSubstr("no string")));
  EXPECT_THAT(OptionalString(root, "null"), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(OptionalString(root, "n"), IsError(Reason::kCaBadAnswer));
  EXPECT_THAT(RequiredUrl(root, "http"), IsError(Reason::kCaBadAnswer, HasSubstr("\"http\"")));
  EXPECT_THAT(RequiredUrl(root, "null"), IsError(Reason::kCaBadAnswer, HasSubstr("lacks")));
  EXPECT_EQ(RequiredUrl(root, "u")->ToString(), "https://a/b");
  EXPECT_THAT(OptionalTime(root, "s"), IsError(Reason::kCaBadAnswer, HasSubstr("RFC 3339")));
  EXPECT_EQ(FormatRfc3339(**OptionalTime(root, "t")), "2026-11-21T07:30:00Z");
  EXPECT_THAT(OptionalBool(root, "absent"), IsOkAndHolds(false));
  EXPECT_THAT(OptionalBool(root, "n"), IsError(Reason::kCaBadAnswer));
  EXPECT_THAT(OptionalStrings(root, "null"), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(OptionalStrings(root, "strings"), IsOkAndHolds(ElementsAre("a", "b")));
  EXPECT_THAT(OptionalStrings(root, "mixed"), IsError(Reason::kCaBadAnswer));
  EXPECT_THAT(OptionalStrings(root, "s"), IsError(Reason::kCaBadAnswer, HasSubstr("no array")));
}

TEST(JsonTest, QuotesWhatItWrites) {
  EXPECT_EQ(JsonQuote("plain"), R"("plain")");
  EXPECT_EQ(JsonQuote("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(JsonQuote("bad \xff octet"), "\"bad \xef\xbf\xbd octet\"");
}

}  // namespace
}  // namespace certbroker::acme
