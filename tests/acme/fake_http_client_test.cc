#include "tests/fakes/fake_http_client.h"

#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

HttpRequest To(std::string_view url) {
  HttpRequest request;
  request.url = *HttpsUrl::Parse(url);
  return request;
}

// Sends, and writes down what came: a status or a reason.
void Send(FakeHttpClient& http, std::vector<std::string>& log,
          std::string_view url = "https://ca/") {
  http.Send(To(url), [&log](const Result<HttpResponse>& result) {
    log.push_back(result ? std::to_string(result->status)
                         : std::string(TraitsOf(result.error().reason()).name));
  });
}

TEST(FakeHttpClientTest, AnswersInTheOrderOfTheScript) {
  FakeHttpClient http;
  http.Answer({.status = 201, .headers = {}, .body = ""});
  http.FailNext(Error(Reason::kOutcomeUnknown, "cut"));
  std::vector<std::string> log;
  Send(http, log, "https://ca/1");
  Send(http, log, "https://ca/2");
  Send(http, log, "https://ca/3");
  EXPECT_THAT(log, ElementsAre("201", "OUTCOME_UNKNOWN", "INTERNAL"));
  ASSERT_THAT(http.requests(), SizeIs(3));
  EXPECT_EQ(http.requests()[1].url.ToString(), "https://ca/2");
}

TEST(FakeHttpClientTest, TheHandlerAnswersWhenTheScriptIsAtItsEnd) {
  FakeHttpClient http;
  http.Handle([](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.url.ToString() == "https://ca/no") return Error(Reason::kCaUnavailable, "no");
    return HttpResponse{.status = 200, .headers = {}, .body = ""};
  });
  http.Answer({.status = 503, .headers = {}, .body = ""});
  EXPECT_EQ(http.unused_answers(), 1U);
  std::vector<std::string> log;
  Send(http, log);
  Send(http, log);
  Send(http, log, "https://ca/no");
  EXPECT_THAT(log, ElementsAre("503", "200", "CA_UNAVAILABLE"));
}

TEST(FakeHttpClientTest, DeliversOnDemand) {
  FakeHttpClient http(Delivery::kOnDemand);
  http.Handle(
      [](const HttpRequest&) { return HttpResponse{.status = 200, .headers = {}, .body = ""}; });
  std::vector<std::string> log;
  Send(http, log);
  http.Send(To("https://ca/"), [&](const Result<HttpResponse>&) { Send(http, log); });
  EXPECT_EQ(http.waiting(), 2U);
  EXPECT_THAT(log, ElementsAre());
  EXPECT_TRUE(http.Pump());
  EXPECT_THAT(log, ElementsAre("200"));
  http.PumpAll();
  EXPECT_THAT(log, ElementsAre("200", "200"));
  EXPECT_FALSE(http.Pump());
}

TEST(FakeHttpClientTest, PendingRequestsEndWithIt) {
  std::vector<std::string> log;
  {
    FakeHttpClient http(Delivery::kOnDemand);
    Send(http, log);
  }
  EXPECT_THAT(log, ElementsAre("SHUTTING_DOWN"));
}

}  // namespace
}  // namespace certbroker
