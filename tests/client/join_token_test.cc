#include "client/join_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace certbroker::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSecretText = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

std::string RawSecret() {
  std::string secret;
  for (char c = 0; c < 32; ++c) secret += c;
  return secret;
}

JoinLine Line() {
  JoinLine line;
  line.addresses = {"broker.example.org:8443", "[2001:db8::1]:8443"};
  line.ca_sha256 = Bytes(32, 0xab);
  line.id = *JoinTokenId::Parse("0190f3a4-5b6c-7d8e-9f00-112233445566");
  line.secret = Secret(RawSecret());
  line.expire_time = Time(std::chrono::seconds{1'795'000'000});
  return line;
}

std::string Composed(const JoinLine& line) {
  const auto text = ComposeJoinLine(line);
  return text ? std::string(text->ExposeForUse()) : "refused: " + text.error().ToString();
}

// A line of that JSON.
std::string LineOf(std::string_view json) { return "CBJ1." + Base64Url(AsBytes(json)); }

std::string Json(const std::string& addresses = R"(["a.test:1"])",
                 const std::string& sha256 = std::string(64, 'a'),
                 const std::string& secret = std::string(kSecretText),
                 const std::string& expiry = "1795000000", const std::string& more = "") {
  return R"({"addrs":)" + addresses + R"(,"ca_sha256":")" + sha256 +
         R"(","id":"0190f3a4-5b6c-7d8e-9f00-112233445566","secret":")" + secret + R"(","exp":)" +
         expiry + more + "}";
}

TEST(JoinTokenTest, WhatWasComposedIsParsedAgain) {
  const auto line = ParseJoinLine(Composed(Line()));

  ASSERT_THAT(line, IsOk());
  EXPECT_THAT(line->addresses, ElementsAre("broker.example.org:8443", "[2001:db8::1]:8443"));
  EXPECT_EQ(line->ca_sha256, Bytes(32, 0xab));
  EXPECT_EQ(line->id, Line().id);
  EXPECT_EQ(line->secret.ExposeForUse(), RawSecret());
  EXPECT_EQ(line->expire_time, Line().expire_time);
}

TEST(JoinTokenTest, IsTheFormThatTheInterfaceDescribes) {
  const std::string text = Composed(Line());

  ASSERT_THAT(text, ::testing::StartsWith("CBJ1."));
  const auto json = FromBase64Url(text.substr(5));
  ASSERT_TRUE(json);
  EXPECT_EQ(AsText(*json),
            R"({"addrs":["broker.example.org:8443","[2001:db8::1]:8443"],"ca_sha256":")" +
                Hex(Bytes(32, 0xab)) +
                R"(","id":"0190f3a4-5b6c-7d8e-9f00-112233445566","secret":")" +
                std::string(kSecretText) + R"(","exp":1795000000})");
}

TEST(JoinTokenTest, WhiteSpaceAroundAPastedLineDoesNotCount) {
  EXPECT_THAT(ParseJoinLine("\r\n  " + Composed(Line()) + " \t\r\n"), IsOk());
}

TEST(JoinTokenTest, MembersMayStandInAnyOrder) {
  const std::string json = R"({ "exp":1795000000, "secret":")" + std::string(kSecretText) +
                           R"(","id":"0190f3a4-5b6c-7d8e-9f00-112233445566","ca_sha256":")" +
                           std::string(64, 'a') + R"(","addrs":["a.test:1"]})";

  EXPECT_THAT(ParseJoinLine(LineOf(json)), IsOk());
}

TEST(JoinTokenTest, RefusesWhatIsNoToken) {
  const std::string whole = Composed(Line());
  for (const std::string& text : {std::string(), std::string("CBJ1."), std::string("CBJ2.") + whole,
                                  whole.substr(5), whole + "=", "CBJ1. " + whole.substr(5)}) {
    EXPECT_THAT(ParseJoinLine(text), IsError(Reason::kJoinTokenInvalid)) << text;
  }
}

TEST(JoinTokenTest, RefusesEveryBeginningOfALine) {
  const std::string whole = Composed(Line());

  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(ParseJoinLine(whole.substr(0, size)), IsError(Reason::kJoinTokenInvalid)) << size;
  }
}

TEST(JoinTokenTest, SaysThatALineWasWrapped) {
  std::string text = Composed(Line());
  text.insert(40, "\n");

  EXPECT_THAT(ParseJoinLine(text),
              IsError(Reason::kJoinTokenInvalid, HasSubstr("a line break or a blank perhaps")));
}

TEST(JoinTokenTest, RefusesMembersThatAreMissingDoubleOrUnknown) {
  ASSERT_THAT(ParseJoinLine(LineOf(Json())), IsOk());
  const std::string secret(kSecretText);
  for (const std::string& json :
       {std::string("[]"), std::string("{}"), std::string("null"), Json() + Json(),
        Json(R"(["a.test:1"])", std::string(64, 'a'), secret, "1795000000", R"(,"exp":1795000001)"),
        Json(R"(["a.test:1"])", std::string(64, 'a'), secret, "1795000000", R"(,"more":1)"),
        std::string(R"({"addrs":["a.test:1"],"id":"0190f3a4-5b6c-7d8e-9f00-112233445566"})")}) {
    EXPECT_THAT(ParseJoinLine(LineOf(json)), IsError(Reason::kJoinTokenInvalid)) << json;
  }
}

TEST(JoinTokenTest, RefusesAddressesThatAreNone) {
  for (const char* addresses :
       {"[]", "{}", "\"a.test:1\"", "[1]", "[[\"a.test:1\"]]", R"([""])", R"(["a.test"])",
        R"(["a.test:0"])", R"(["a.test:65536"])", R"(["a.test:+1"])", R"([":1"])", R"(["[]:1"])",
        R"(["unix:/run/x:1"])", R"(["a b:1"])", R"(["a\u001b[2J:1"])", R"(["a.test:1","x"])"}) {
    EXPECT_THAT(ParseJoinLine(LineOf(Json(addresses))), IsError(Reason::kJoinTokenInvalid))
        << addresses;
  }
}

TEST(JoinTokenTest, RefusesFingerprintsSecretsAndTimesThatAreNone) {
  const std::string addresses = R"(["a.test:1"])";
  const std::string sha256(64, 'a');
  const std::string secret(kSecretText);
  for (const std::string& json :
       {Json(addresses, std::string(62, 'a')), Json(addresses, std::string(64, 'g')),
        Json(addresses, sha256, "AAAA"), Json(addresses, sha256, secret + "="),
        Json(addresses, sha256, secret, "0"), Json(addresses, sha256, secret, "-1"),
        Json(addresses, sha256, secret, "1e9"), Json(addresses, sha256, secret, "\"1795000000\""),
        Json(addresses, sha256, secret, "253402300800"),
        Json(addresses, sha256, secret, "18446744073709551615"),
        Json(addresses, sha256, secret, "99999999999999999999")}) {
    EXPECT_THAT(ParseJoinLine(LineOf(json)), IsError(Reason::kJoinTokenInvalid)) << json;
  }
}

TEST(JoinTokenTest, RefusesMoreThanFourKibibytesAndDeepNesting) {
  const std::string deep(3000, '[');

  EXPECT_THAT(ParseJoinLine("CBJ1." + std::string(5000, 'A')),
              IsError(Reason::kJoinTokenInvalid, HasSubstr("over 4096 octets")));
  EXPECT_THAT(ParseJoinLine(LineOf(Json(deep))), IsError(Reason::kJoinTokenInvalid));
}

TEST(JoinTokenTest, ARefusalQuotesNothingOfTheLine) {
  const auto refused =
      ParseJoinLine(LineOf(Json(R"(["a.test"])", std::string(64, 'a'), std::string(kSecretText))));

  EXPECT_THAT(refused, IsError(Reason::kJoinTokenInvalid, Not(HasSubstr("a.test"))));
  EXPECT_THAT(refused.error().detail(), HasSubstr("certbroker tokens create"));
}

TEST(JoinTokenTest, ComposesNothingThatItWouldNotParse) {
  JoinLine line = Line();
  line.addresses = {};
  EXPECT_THAT(ComposeJoinLine(line), IsError(Reason::kInvalidArgument));
  line = Line();
  line.addresses = {"a\"b:1"};
  EXPECT_THAT(ComposeJoinLine(line), IsError(Reason::kInvalidArgument));
  line = Line();
  line.secret = Secret(std::string(31, 's'));
  EXPECT_THAT(ComposeJoinLine(line), IsError(Reason::kInvalidArgument));
  line = Line();
  line.expire_time = Time();
  EXPECT_THAT(ComposeJoinLine(line), IsError(Reason::kInvalidArgument));
  line = Line();
  line.addresses = std::vector<std::string>(16, std::string(253, 'a') + ":65535");
  EXPECT_THAT(ComposeJoinLine(line),
              IsError(Reason::kInvalidArgument, HasSubstr("shorten identity.addresses")));
}

}  // namespace
}  // namespace certbroker::client
