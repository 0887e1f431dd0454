#include "acme/messages.h"

#include <fmt/format.h>

#include "acme/json.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// RFC 8555 §7.1.3.
constexpr std::string_view kOrder = R"({
     "status": "valid",
     "expires": "2016-01-20T14:09:07.99Z",
     "identifiers": [
       { "type": "dns", "value": "www.example.org" },
       { "type": "dns", "value": "example.org" }
     ],
     "notBefore": "2016-01-01T00:00:00Z",
     "notAfter": "2016-01-08T00:00:00Z",
     "authorizations": [
       "https://example.com/acme/authz/PAniVnsZcis",
       "https://example.com/acme/authz/r4HqLzrSrpI"
     ],
     "finalize": "https://example.com/acme/order/TOlocE8rfgo/finalize",
     "certificate": "https://example.com/acme/cert/mAt3xBGaobw"
   })";

// RFC 8555 §7.1.4, with the failure of §8.
constexpr std::string_view kAuthorization = R"({
     "status": "pending",
     "expires": "2015-03-01T14:09:07.99Z",
     "identifier": { "type": "dns", "value": "www.example.org" },
     "challenges": [
       {
         "url": "https://example.com/acme/chall/prV_B7yEyA4",
         "type": "http-01",
         "status": "pending",
         "token": "DGyRejmCefe7v4NfDGDKfA",
         "validated": "2014-12-01T12:05:58.16Z"
       },
       {
         "url": "https://example.com/acme/chall/Rg5dV14Gh1Q",
         "type": "dns-01",
         "status": "invalid",
         "token": "DGyRejmCefe7v4NfDGDKfA",
         "error": { "type": "urn:ietf:params:acme:error:dns", "detail": "no TXT record" }
       }
     ],
     "wildcard": false
   })";

TEST(OrderMessageTest, ReadsTheExampleOfTheRfc) {
  const auto order = ParseOrder(kOrder);
  ASSERT_THAT(order, IsOk());
  EXPECT_EQ(order->status, OrderStatus::kValid);
  EXPECT_THAT(order->identifiers, ElementsAre(IdentifierMessage{"dns", "www.example.org"},
                                              IdentifierMessage{"dns", "example.org"}));
  EXPECT_THAT(order->authorizations, SizeIs(2));
  EXPECT_EQ(order->authorizations[1].ToString(), "https://example.com/acme/authz/r4HqLzrSrpI");
  EXPECT_EQ(order->finalize->ToString(), "https://example.com/acme/order/TOlocE8rfgo/finalize");
  EXPECT_EQ(order->certificate->ToString(), "https://example.com/acme/cert/mAt3xBGaobw");
  EXPECT_EQ(FormatRfc3339(*order->expires), "2016-01-20T14:09:07.990000Z");
  EXPECT_EQ(order->error, std::nullopt);
  EXPECT_EQ(order->profile, "");
  EXPECT_EQ(order->replaces, "");
}

// RFC 9773 §5: an order that was accepted as a replacement says so, now and later.
TEST(OrderMessageTest, KeepsWhatTheOrderReplaces) {
  const auto order =
      ParseOrder(R"({"status":"pending","replaces":"aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"})");
  ASSERT_THAT(order, IsOk());
  EXPECT_EQ(order->replaces, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
  EXPECT_THAT(ParseOrder(R"({"status":"pending","replaces":7})"), IsError(Reason::kCaBadAnswer));
}

TEST(OrderMessageTest, KnowsTheStatusesAndWaitsForTheOthers) {
  const struct {
    std::string_view text;
    OrderStatus want;
  } cases[] = {
      {"pending", OrderStatus::kPending},
      {"ready", OrderStatus::kReady},
      {"processing", OrderStatus::kProcessing},
      {"valid", OrderStatus::kValid},
      {"invalid", OrderStatus::kInvalid},
      {"deactivated", OrderStatus::kUnknown},  // Pebble 2.4
      {"Valid", OrderStatus::kUnknown},
      {"", OrderStatus::kUnknown},
  };
  for (const auto& c : cases) {
    const auto order = ParseOrder(fmt::format(R"({{"status":"{}"}})", c.text));
    ASSERT_THAT(order, IsOk()) << c.text;
    EXPECT_EQ(order->status, c.want) << c.text;
  }
}

TEST(OrderMessageTest, TakesNullForAbsent) {
  const auto order = ParseOrder(
      R"({"status":"ready","identifiers":null,"authorizations":null,"finalize":null,
          "certificate":null,"expires":null,"error":null,"profile":null,"replaces":null})");
  ASSERT_THAT(order, IsOk());
  EXPECT_THAT(order->identifiers, IsEmpty());
  EXPECT_THAT(order->authorizations, IsEmpty());
  EXPECT_EQ(order->finalize, std::nullopt);
  EXPECT_EQ(order->replaces, "");
}

TEST(OrderMessageTest, KeepsWhyTheOrderFailed) {
  const auto order = ParseOrder(
      R"({"status":"invalid","profile":"shortlived",
          "error":{"type":"urn:ietf:params:acme:error:caa","detail":"no","status":403}})");
  ASSERT_THAT(order, IsOk());
  EXPECT_EQ(order->profile, "shortlived");
  EXPECT_EQ(order->error->type, "caa");
  EXPECT_EQ(order->error->status, 403);
}

TEST(OrderMessageTest, RefusesMembersOfAWrongType) {
  const struct {
    std::string_view text;
    std::string_view says;
  } cases[] = {
      {"{}", "status"},
      {R"({"status":7})", "status"},
      {R"({"status":"ready","identifiers":{}})", "identifiers"},
      {R"({"status":"ready","identifiers":["example.org"]})", "type"},
      {R"({"status":"ready","identifiers":[{"type":"dns"}]})", "value"},
      {R"({"status":"ready","authorizations":[1]})", "authorizations"},
      {R"({"status":"ready","authorizations":["http://ca/1"]})", "authorizations"},
      {R"({"status":"ready","authorizations":"https://ca/1"})", "authorizations"},
      {R"({"status":"ready","finalize":"/relative"})", "finalize"},
      {R"({"status":"valid","certificate":"https://ca/\u0000"})", "certificate"},
      {R"({"status":"ready","expires":"tomorrow"})", "expires"},
      {R"({"status":"ready","expires":1700000000})", "expires"},
      {"[]", "object"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ParseOrder(c.text), IsError(Reason::kCaBadAnswer, HasSubstr(c.says))) << c.text;
  }
}

TEST(AuthorizationMessageTest, ReadsTheExampleOfTheRfc) {
  const auto authorization = ParseAuthorization(kAuthorization);
  ASSERT_THAT(authorization, IsOk());
  EXPECT_EQ(authorization->status, AuthorizationStatus::kPending);
  EXPECT_EQ(authorization->identifier, (IdentifierMessage{"dns", "www.example.org"}));
  EXPECT_FALSE(authorization->wildcard);
  EXPECT_TRUE(authorization->expires.has_value());
  const ChallengeMessage* http = authorization->Challenge("http-01");
  ASSERT_NE(http, nullptr);
  EXPECT_EQ(http->url.ToString(), "https://example.com/acme/chall/prV_B7yEyA4");
  EXPECT_EQ(http->token, "DGyRejmCefe7v4NfDGDKfA");
  EXPECT_EQ(http->status, ChallengeStatus::kPending);
  EXPECT_EQ(authorization->Challenge("tls-alpn-01"), nullptr);
  ASSERT_NE(authorization->FailureProblem(), nullptr);
  EXPECT_EQ(authorization->FailureProblem()->type, "dns");
}

TEST(AuthorizationMessageTest, KnowsTheStatuses) {
  const struct {
    std::string_view text;
    AuthorizationStatus want;
  } cases[] = {
      {"pending", AuthorizationStatus::kPending},
      {"valid", AuthorizationStatus::kValid},
      {"invalid", AuthorizationStatus::kInvalid},
      {"deactivated", AuthorizationStatus::kDeactivated},
      {"expired", AuthorizationStatus::kExpired},
      {"revoked", AuthorizationStatus::kRevoked},
      {"processing", AuthorizationStatus::kUnknown},
  };
  for (const auto& c : cases) {
    const auto authorization = ParseAuthorization(fmt::format(
        R"({{"status":"{}","identifier":{{"type":"dns","value":"a.b"}},"wildcard":true}})",
        c.text));
    ASSERT_THAT(authorization, IsOk()) << c.text;
    EXPECT_EQ(authorization->status, c.want) << c.text;
    EXPECT_TRUE(authorization->wildcard);
    EXPECT_EQ(authorization->FailureProblem(), nullptr);
  }
}

Result<AuthorizationMessage> WithChallenges(std::string_view challenges) {
  return ParseAuthorization(fmt::format(
      R"({{"status":"pending","identifier":{{"type":"dns","value":"a.b"}},"challenges":{}}})",
      challenges));
}

TEST(AuthorizationMessageTest, PrefersTheErrorOfTheChallengeThatFailed) {
  const auto authorization = WithChallenges(
      R"([{"type":"dns-01","url":"https://ca/1","status":"processing","token":"t","error":{"type":"x"}},
          {"type":"http-01","url":"https://ca/2","status":"invalid","token":"t","error":{"type":"y"}}])");
  ASSERT_THAT(authorization, IsOk());
  EXPECT_EQ(authorization->FailureProblem()->type, "y");
}

// T12, tH5: types come that nobody has heard of, with members of their own.
TEST(AuthorizationMessageTest, LivesWithChallengesItDoesNotKnow) {
  const auto authorization = WithChallenges(
      R"([{"type":"dns-persist-01","url":"https://ca/1","status":"pending","issuer-domain-names":["ca"]},
          {"type":"quantum-02","status":"pending"}, {"type":"odd-01","url":"https://ca/2","status":"pending",
           "token":"../../etc/passwd"}, 17, null, {}, {"type":null},
          {"type":"http-01","url":"https://ca/3","status":"odd","token":"t"}])");
  ASSERT_THAT(authorization, IsOk());
  ASSERT_THAT(authorization->challenges, SizeIs(3));
  EXPECT_EQ(authorization->Challenge("dns-persist-01")->token, "");
  EXPECT_EQ(authorization->Challenge("odd-01")->token, "");
  EXPECT_EQ(authorization->Challenge("http-01")->status, ChallengeStatus::kUnknown);
}

TEST(AuthorizationMessageTest, TakesNullForNoChallenges) {
  EXPECT_THAT(WithChallenges("null")->challenges, IsEmpty());
  EXPECT_THAT(WithChallenges("[]")->challenges, IsEmpty());
}

// T27: the shapes of acme-tiny#20, Go CVE-2022-30636, uacme#64, lego CVE-2026-40611 and
// acme.sh#4659.
TEST(AuthorizationMessageTest, RefusesATokenThatCouldLeaveItsPlace) {
  const std::string cases[] = {
      "../../etc/passwd",
      "..",
      "a/b",
      "a\\\\b",
      "%2e%2e%2f",
      "a.b",
      "$(id)",
      "`id`",
      "a;id",
      "a\\u0000b",
      "a\\nb",
      "a b",
      "\\u202eabc",
      "téken",
      "a=",
      "a+b",
      "",
      std::string(513, 'a'),
      "C:\\\\x",
      "|id|",
      "\\u001b[2J",
      "~",
  };
  for (const std::string& token : cases) {
    for (const std::string_view type : {"http-01", "dns-01", "tls-alpn-01", "dns-account-01"}) {
      const auto authorization = WithChallenges(
          fmt::format(R"([{{"type":"{}","url":"https://ca/1","status":"pending","token":"{}"}}])",
                      type, token));
      EXPECT_THAT(authorization, IsError(Reason::kCaBadAnswer, HasSubstr("token"))) << token;
    }
  }
  EXPECT_THAT(WithChallenges(fmt::format(
                  R"([{{"type":"http-01","url":"https://ca/1","status":"pending","token":"{}"}}])",
                  std::string(512, '_'))),
              IsOk());
}

TEST(AuthorizationMessageTest, AWaitingChallengeNeedsItsTokenAFinishedOneDoesNot) {
  EXPECT_THAT(WithChallenges(R"([{"type":"http-01","url":"https://ca/1","status":"pending"}])"),
              IsError(Reason::kCaBadAnswer, HasSubstr("token")));
  EXPECT_THAT(WithChallenges(R"([{"type":"http-01","url":"https://ca/1","status":"valid"}])"),
              IsOk());
  EXPECT_THAT(
      WithChallenges(R"([{"type":"http-01","url":"https://ca/1","status":"valid","token":"/"}])"),
      IsError(Reason::kCaBadAnswer));
}

TEST(AuthorizationMessageTest, RefusesAKnownChallengeThatCannotBeAnswered) {
  EXPECT_THAT(WithChallenges(R"([{"type":"http-01","status":"pending","token":"t"}])"),
              IsError(Reason::kCaBadAnswer, HasSubstr("url")));
  EXPECT_THAT(
      WithChallenges(R"([{"type":"http-01","url":"http://ca/1","status":"pending","token":"t"}])"),
      IsError(Reason::kCaBadAnswer, HasSubstr("https://")));
  EXPECT_THAT(ParseAuthorization(R"({"status":"pending"})"),
              IsError(Reason::kCaBadAnswer, HasSubstr("type")));
}

TEST(ChallengeMessageTest, ReadsTheAnswerToAResponse) {
  const auto challenge = ParseChallenge(
      R"({"type":"http-01","url":"https://ca/1","status":"processing","token":"t-_9"})");
  ASSERT_THAT(challenge, IsOk());
  EXPECT_EQ(challenge->status, ChallengeStatus::kProcessing);
  EXPECT_EQ(challenge->token, "t-_9");
}

// C6, tS4.
TEST(ChallengeMessageTest, PersistentOnesNameOneToTenIssuers) {
  const auto parse = [](std::size_t count) {
    std::string names;
    for (std::size_t i = 0; i < count; ++i) {
      names += fmt::format(R"({}"ca{}.example")", names.empty() ? "" : ",", i);
    }
    return ParseChallenge(fmt::format(R"({{"type":"dns-persist-01","url":"https://ca/1",)"
                                      R"("status":"pending","issuer-domain-names":[{}]}})",
                                      names));
  };
  EXPECT_THAT(parse(0), IsError(Reason::kCaBadAnswer, HasSubstr("with 0 issuer-domain-names")));
  ASSERT_THAT(parse(1), IsOk());
  EXPECT_THAT(parse(1)->issuer_domain_names, ElementsAre("ca0.example"));
  EXPECT_THAT(parse(10), IsOk());
  EXPECT_THAT(parse(11), IsError(Reason::kCaBadAnswer));
  const auto authorization = ParseAuthorization(
      R"({"status":"pending","identifier":{"type":"dns","value":"a.example"},"challenges":[
          {"type":"dns-persist-01","url":"https://ca/1","status":"pending"},
          {"type":"http-01","url":"https://ca/2","status":"pending","token":"t"}]})");
  ASSERT_THAT(authorization, IsOk()) << "the others are still there";
  EXPECT_EQ(authorization->Challenge("dns-persist-01"), nullptr);
}

TEST(AccountMessageTest, ReadsTheExampleOfTheRfc) {
  // RFC 8555 §7.1.2.
  const auto account = ParseAccount(R"({
     "status": "valid",
     "contact": ["mailto:cert-admin@example.org", "mailto:admin@example.org"],
     "termsOfServiceAgreed": true,
     "orders": "https://example.com/acme/orders/rzGoeA"
   })");
  ASSERT_THAT(account, IsOk());
  EXPECT_EQ(account->status, AccountStatus::kValid);
  EXPECT_THAT(account->contacts,
              ElementsAre("mailto:cert-admin@example.org", "mailto:admin@example.org"));
  EXPECT_EQ(account->orders->ToString(), "https://example.com/acme/orders/rzGoeA");
}

TEST(AccountMessageTest, LetsEncryptStoresNoContactsAndNoOrders) {
  const auto account =
      ParseAccount(R"({"status":"deactivated","contact":null,"key":{"kty":"EC"}})");
  ASSERT_THAT(account, IsOk());
  EXPECT_EQ(account->status, AccountStatus::kDeactivated);
  EXPECT_THAT(account->contacts, IsEmpty());
  EXPECT_EQ(account->orders, std::nullopt);
}

// T26: cut anywhere, or with any octet changed, a document is refused or read, never more.
TEST(MessagesTest, SurviveEveryTruncationAndEveryChangedOctet) {
  for (const std::string_view whole : {kOrder, kAuthorization}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_FALSE(ParseOrder(whole.substr(0, length)).has_value()) << length;
      EXPECT_FALSE(ParseAuthorization(whole.substr(0, length)).has_value()) << length;
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const char c : {'"', '{', '\\', '\xff'}) {
        std::string changed(whole);
        changed[at] = c;
        static_cast<void>(ParseOrder(changed).has_value());
        static_cast<void>(ParseAuthorization(changed).has_value());
        static_cast<void>(ParseAccount(changed).has_value());
        static_cast<void>(ParseProblem(changed).has_value());
      }
    }
  }
}

}  // namespace
}  // namespace certbroker::acme
