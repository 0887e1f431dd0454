#include "acme/problem.h"

#include <fmt/format.h>

#include "tests/fakes/fake_clock.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const Time kAnswerTime = FakeClock().Now();

HttpResponse Answer(int status, std::string body, std::string type = "application/problem+json") {
  return {
      .status = status, .headers = {{"content-type", std::move(type)}}, .body = std::move(body)};
}

Problem Make(std::string_view type, std::string detail = "", std::string instance = "",
             int status = 0, std::vector<Subproblem> subproblems = {}) {
  return {std::string(type), std::move(detail), std::move(instance), status,
          std::move(subproblems)};
}

std::string Urn(std::string_view type) {
  return fmt::format("urn:ietf:params:acme:error:{}", type);
}

TEST(ProblemTest, ReadsTheExampleOfTheRfc) {
  // RFC 8555 §6.7.1.
  const auto problem = ParseProblem(R"({
       "type": "urn:ietf:params:acme:error:malformed",
       "detail": "Some of the identifiers requested were rejected",
       "subproblems": [
           {
               "type": "urn:ietf:params:acme:error:malformed",
               "detail": "Invalid underscore in DNS name \"_example.org\"",
               "identifier": { "type": "dns", "value": "_example.org" }
           },
           {
               "type": "urn:ietf:params:acme:error:rejectedIdentifier",
               "detail": "This CA will not issue for \"example.net\"",
               "identifier": { "type": "dns", "value": "example.net" }
           }
       ]
   })");
  ASSERT_THAT(problem, IsOk());
  EXPECT_EQ(problem->type, "malformed");
  EXPECT_EQ(problem->status, 0);
  ASSERT_THAT(problem->subproblems, SizeIs(2));
  EXPECT_EQ(problem->subproblems[1].type, "rejectedIdentifier");
  EXPECT_EQ(problem->subproblems[1].identifier, (IdentifierMessage{"dns", "example.net"}));

  const Error error = ToError(*problem, 400, std::nullopt);
  EXPECT_EQ(error.reason(), Reason::kCaRejected);
  ASSERT_THAT(error.violations(), SizeIs(2));
  EXPECT_EQ(error.violations()[0].subject, "_example.org");
  EXPECT_EQ(error.violations()[0].reason, Reason::kCaRejected);
  EXPECT_EQ(error.violations()[1].subject, "example.net");
  EXPECT_EQ(error.violations()[1].reason, Reason::kCaRejectedIdentifier);
  EXPECT_THAT(error.violations()[1].description, HasSubstr("will not issue for \"example.net\""));
}

// tH4.
TEST(ProblemTest, IsTolerant) {
  const struct {
    std::string_view text;
    Problem want;
  } cases[] = {
      {"{}", {}},
      {R"({"type":null,"detail":null,"status":null,"subproblems":null})", {}},
      {R"({"type":"","detail":7,"status":"400","instance":[],"subproblems":"x"})", {}},
      {R"({"type":"about:blank","status":404})", Make("about:blank", "", "", 404)},
      {R"({"status":99999999999})", {}},
      {R"({"status":-1})", {}},
      {R"({"type":"https://ca.example/errors/odd","detail":"d"})",
       Make("https://ca.example/errors/odd", "d")},
      {R"({"type":"urn:ietf:params:acme:error:caa","instance":"https://ca/i"})",
       Make("caa", "", "https://ca/i")},
      {R"({"subproblems":[null,1,{},{"identifier":"x"},{"identifier":{"value":"a.b"}}]})",
       Make("about:blank", "", "", 0,
            {{{}, "about:blank", ""}, {{}, "about:blank", ""}, {{"", "a.b"}, "about:blank", ""}})},
      {R"({"algorithms":"ES256","extra":{"deep":[]}})", {}},
  };
  for (const auto& c : cases) EXPECT_THAT(ParseProblem(c.text), IsOkAndHolds(c.want)) << c.text;
}

TEST(ProblemTest, OnlyAnObjectIsAProblem) {
  for (const std::string_view text : {"", "[]", "null", "\"text\"", "<html>", R"({"type":)"}) {
    EXPECT_THAT(ParseProblem(text), IsError(Reason::kCaBadAnswer)) << text;
  }
}

TEST(ProblemTest, EveryTypeHasItsReason) {
  const struct {
    std::string_view type;
    int status;
    Reason want;
  } cases[] = {
      {"accountDoesNotExist", 400, Reason::kCaAccountUnusable},
      {"alreadyReplaced", 409, Reason::kCaRejected},
      {"alreadyRevoked", 400, Reason::kCaAlreadyRevoked},
      {"agreementRequired", 403, Reason::kCaTermsChanged},
      {"badCSR", 400, Reason::kCaBadCsr},
      {"badNonce", 400, Reason::kCaBadNonce},
      {"badPublicKey", 400, Reason::kCaBadCsr},
      {"badRevocationReason", 400, Reason::kInvalidArgument},
      {"badSignatureAlgorithm", 400, Reason::kCaAccountUnusable},
      {"caa", 403, Reason::kCaCaaForbids},
      {"conflict", 409, Reason::kCaRejected},
      {"connection", 400, Reason::kChallengeUnreachable},
      {"dns", 400, Reason::kChallengeUnreachable},
      {"externalAccountRequired", 403, Reason::kCaExternalAccountRequired},
      {"incorrectResponse", 403, Reason::kChallengeWrongContent},
      {"invalidContact", 400, Reason::kCaRejected},
      {"invalidProfile", 400, Reason::kCaProfileRefused},
      {"malformed", 400, Reason::kCaRejected},
      {"malformed", 404, Reason::kCaRejected},
      {"malformed", 500, Reason::kCaUnavailable},
      {"orderNotReady", 403, Reason::kCaOrderNotReady},
      {"rateLimited", 429, Reason::kCaRateLimited},
      {"rateLimited", 503, Reason::kCaUnavailable},  // tH2: a busy balancer
      {"rejectedIdentifier", 400, Reason::kCaRejectedIdentifier},
      {"serverInternal", 500, Reason::kCaUnavailable},
      {"serverInternal", 400, Reason::kCaUnavailable},
      {"tls", 400, Reason::kChallengeUnreachable},
      {"unauthorized", 401, Reason::kCaAccountUnusable},
      {"unauthorized", 403, Reason::kCaRejected},
      {"unauthorized", 0, Reason::kCaOrderInvalid},
      {"unsupportedContact", 400, Reason::kCaRejected},
      {"unsupportedIdentifier", 400, Reason::kCaRejectedIdentifier},
      {"userActionRequired", 403, Reason::kCaTermsChanged},
      {"about:blank", 400, Reason::kCaRejected},
      {"about:blank", 429, Reason::kCaRateLimited},
      {"about:blank", 502, Reason::kCaUnavailable},
      {"neverHeardOf", 418, Reason::kCaRejected},
      {"neverHeardOf", 0, Reason::kCaOrderInvalid},
      {"caa", 0, Reason::kCaCaaForbids},
      {"compound", 400, Reason::kCaRejected},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ToError(Make(c.type), c.status, std::nullopt).reason(), c.want)
        << c.type << " " << c.status;
  }
}

TEST(ProblemTest, AChallengeFailsForReasonsOfItsOwn) {
  const struct {
    std::string_view type;
    Reason want;
  } cases[] = {
      {"connection", Reason::kChallengeUnreachable},
      {"dns", Reason::kChallengeUnreachable},
      {"tls", Reason::kChallengeUnreachable},
      {"incorrectResponse", Reason::kChallengeWrongContent},
      {"unauthorized", Reason::kChallengeWrongContent},
      {"caa", Reason::kCaCaaForbids},
      {"rejectedIdentifier", Reason::kCaRejectedIdentifier},
      {"rateLimited", Reason::kCaRateLimited},
      {"serverInternal", Reason::kCaUnavailable},
      {"malformed", Reason::kChallengeFailed},
      {"about:blank", Reason::kChallengeFailed},
      {"neverHeardOf", Reason::kChallengeFailed},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ToChallengeError(Make(c.type)).reason(), c.want) << c.type;
  }
}

TEST(ProblemTest, ACompoundMeansWhatItsPartsAgreeOn) {
  Problem problem =
      Make("compound", "", "", 0,
           {{{"dns", "a.example"}, "caa", "no"}, {{"dns", "b.example"}, "caa", "no"}});
  EXPECT_EQ(ToError(problem, 403, std::nullopt).reason(), Reason::kCaCaaForbids);
  problem.subproblems[1].type = "rejectedIdentifier";
  const Error mixed = ToError(problem, 403, std::nullopt);
  EXPECT_EQ(mixed.reason(), Reason::kCaRejected);
  EXPECT_EQ(mixed.violations()[0].reason, Reason::kCaCaaForbids);
  problem.subproblems[1].type = "neverHeardOf";
  EXPECT_EQ(ToError(problem, 403, std::nullopt).reason(), Reason::kCaRejected);
}

TEST(ProblemTest, QuotesTheCaInPrintableWords) {
  const std::string override = std::string("\xe2") + "\x80\xae";  // U+202E, turns text around
  const Problem problem =
      Make("caa\x1b[2J", "two\r\nlines, \x1b[31mred\x1b[0m, " + override + "gnp.exe \xff",
           "https://ca/\nINFO fake log line");
  const Error error = ToError(problem, 403, std::nullopt);
  EXPECT_THAT(error.detail(), HasSubstr("the CA says: \"two??lines, ?[31mred?[0m, gnp.exe ?\""));
  EXPECT_THAT(error.detail(), Not(HasSubstr("\n")));
  EXPECT_THAT(error.detail(), Not(HasSubstr("\x1b")));

  const Error huge = ToError(Make("about:blank", std::string(100'000, 'x')), 400, std::nullopt);
  EXPECT_LT(huge.detail().size(), 1'500U);
}

TEST(ProblemTest, SubproblemsArePrintableToo) {
  const Problem problem =
      Make("about:blank", "", "", 0,
           {{{"dns", "a\nb"}, "x\ny", "c\nd"}, {{}, "malformed", "names nobody"}});
  const Error error = ToError(problem, 400, std::nullopt);
  EXPECT_THAT(error.violations(),
              ElementsAre(Violation{"a?b", Reason::kCaRejected, "the CA says: \"c?d\" (x?y)"}));
}

// RFC 8555 §7.3.3.
TEST(ProblemTest, ShowsWhereTheOperatorMustGo) {
  const Error error =
      ToError(Answer(403, R"({"type":"urn:ietf:params:acme:error:userActionRequired",
                      "detail":"Terms of service have changed",
                      "instance":"https://example.com/acme/agreement/?token=W8Ih3PswD-8"})"),
              kAnswerTime);
  EXPECT_EQ(error.reason(), Reason::kCaTermsChanged);
  EXPECT_THAT(error.detail(),
              AllOf(HasSubstr("\"Terms of service have changed\""), HasSubstr("HTTP 403"),
                    HasSubstr("see https://example.com/acme/agreement/?token=W8Ih3PswD-8")));
}

TEST(ProblemTest, CarriesRetryAfter) {
  HttpResponse answer = Answer(429, fmt::format(R"({{"type":"{}"}})", Urn("rateLimited")));
  EXPECT_EQ(ToError(answer, kAnswerTime).retry_after(),
            std::nullopt);  // paused: an operator must act
  answer.headers.emplace_back("retry-after", "3600");
  EXPECT_EQ(ToError(answer, kAnswerTime).retry_after(), 3600s);
}

// tH3: what no ACME server wrote.
TEST(ProblemTest, AnAnswerWithoutAProblemIsAboutTheTransport) {
  const std::string problem = fmt::format(R"({{"type":"{}"}})", Urn("caa"));
  const struct {
    std::string_view name;
    HttpResponse answer;
    Reason want;
  } cases[] = {
      {"HTML 429", Answer(429, "<html>slow down", "text/html"), Reason::kCaUnavailable},
      {"HTML 502", Answer(502, "<html>bad gateway", "text/html"), Reason::kCaUnavailable},
      {"HTML 504", Answer(504, "<html>", "text/html; charset=utf-8"), Reason::kCaUnavailable},
      {"empty 500", {.status = 500, .headers = {}, .body = ""}, Reason::kCaUnavailable},
      {"truncated 503", Answer(503, R"({"type":"urn:ie)"), Reason::kCaUnavailable},
      {"truncated 400", Answer(400, R"({"type":"urn:ie)"), Reason::kCaBadAnswer},
      {"HTML 403 of a firewall", Answer(403, "<html>denied", "text/html"), Reason::kCaBadAnswer},
      {"HTML 404", Answer(404, "not found", "text/plain"), Reason::kCaBadAnswer},
      {"a problem in HTML's clothes", Answer(403, problem, "text/html"), Reason::kCaBadAnswer},
      {"an array", Answer(400, "[]"), Reason::kCaBadAnswer},
      {"a redirect",
       {.status = 302, .headers = {{"location", "https://e\nvil/"}}, .body = ""},
       Reason::kCaBadAnswer},
      {"no status", {.status = 0, .headers = {}, .body = ""}, Reason::kCaBadAnswer},
  };
  for (auto c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(ToError(c.answer, kAnswerTime).reason(), c.want);
    EXPECT_THAT(ToError(c.answer, kAnswerTime).detail(), Not(HasSubstr("\n")));
    c.answer.headers.emplace_back("retry-after", "7");
    if (c.want == Reason::kCaUnavailable) {
      EXPECT_EQ(ToError(c.answer, kAnswerTime).retry_after(), 7s);
    }
  }
}

TEST(ProblemTest, AParameterOfTheContentTypeDoesNotMatter) {
  const std::string body = fmt::format(R"({{"type":"{}"}})", Urn("caa"));
  for (const std::string_view type :
       {"application/problem+json", "application/problem+json; charset=utf-8",
        "Application/Problem+JSON", " application/problem+json ;x=y"}) {
    EXPECT_EQ(ToError(Answer(403, body, std::string(type)), kAnswerTime).reason(),
              Reason::kCaCaaForbids)
        << type;
  }
  EXPECT_FALSE(HasMediaType(Answer(200, "", "application/pem-certificate-chainx"),
                            "application/pem-certificate-chain"));
  EXPECT_FALSE(HasMediaType(HttpResponse{}, "text/html"));
}

// tJ7, RFC 8555 §6.2.
TEST(ProblemTest, TellsWhichAlgorithmsTheCaTakes) {
  const auto problem =
      ParseProblem(R"({"type":"urn:ietf:params:acme:error:badSignatureAlgorithm","detail":"no",)"
                   R"("algorithms":["ES256","RS256",7]})");
  ASSERT_THAT(problem, IsOk());
  EXPECT_THAT(ToError(*problem, 400, std::nullopt).detail(), HasSubstr("it takes ES256, RS256"));
}

TEST(ProblemTest, SeesABadNonce) {
  const std::string bad = fmt::format(R"({{"type":"{}"}})", Urn("badNonce"));
  EXPECT_TRUE(IsBadNonce(Answer(400, bad)));
  EXPECT_TRUE(IsBadNonce(Answer(401, bad)));
  EXPECT_FALSE(IsBadNonce(Answer(200, bad)));
  EXPECT_FALSE(IsBadNonce(Answer(400, bad, "text/html")));
  EXPECT_FALSE(IsBadNonce(Answer(400, fmt::format(R"({{"type":"{}"}})", Urn("malformed")))));
  EXPECT_FALSE(IsBadNonce(Answer(400, "")));
}

}  // namespace
}  // namespace certbroker::acme
