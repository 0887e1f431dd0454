#include "acme/client.h"

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_http_client.h"
#include "tests/fakes/fake_signer.h"
#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kDirectory = R"({
  "newNonce": "https://ca.example/nonce", "newAccount": "https://ca.example/account",
  "newOrder": "https://ca.example/order", "revokeCert": "https://ca.example/revoke"})";

HttpsUrl ServerUrl(const std::string& path) {
  return *HttpsUrl::Parse("https://ca.example" + path);
}

HttpResponse Ok(const std::string& nonce, std::string body = "{}") {
  return {.status = 200, .headers = {{"replay-nonce", nonce}}, .body = std::move(body)};
}

HttpResponse Problem(int status, const std::string& type, const std::string& nonce) {
  HttpResponse response{
      .status = status,
      .headers = {{"content-type", "application/problem+json"}},
      .body = R"({"type":"urn:ietf:params:acme:error:)" + type + R"(","detail":"because"})"};
  if (!nonce.empty()) response.headers.emplace_back("replay-nonce", nonce);
  return response;
}

HttpResponse DirectoryAnswer() {
  return {.status = 200, .headers = {}, .body = std::string(kDirectory)};
}
HttpResponse NonceAnswer(const std::string& nonce) {
  return {.status = 204, .headers = {{"replay-nonce", nonce}}, .body = ""};
}

class ClientTest : public ::testing::Test {
 protected:
  // A stopped executor runs what it is given in the caller: everything here happens in one thread,
  // in order.
  ClientTest() { workers_.Stop(); }

  static SignedCall Call() {
    SignedCall call;
    call.purpose = SignaturePurpose::kNewOrder;
    call.target = Endpoint::kNewOrder;
    call.payload = "{}";
    call.account_url = ServerUrl("/account/1");
    call.subject = "orders/1";
    return call;
  }

  Result<Answer> Send(SignedCall call) {
    std::optional<Result<Answer>> outcome;
    client_.Send(std::move(call), signer_, [&outcome](Result<Answer> answer) {
      EXPECT_FALSE(outcome.has_value()) << "`done` runs once";
      outcome = std::move(answer);
    });
    if (!outcome) return Error(Reason::kInternal, "no answer");
    return *std::move(outcome);
  }

  std::vector<std::string> NoncesSigned() const {
    std::vector<std::string> nonces;
    for (const JwsInput& input : signer_.calls()) nonces.push_back(input.nonce->ToString());
    return nonces;
  }

  std::vector<std::string> Requested() const {
    std::vector<std::string> lines;
    for (const HttpRequest& request : http_.requests()) {
      const char* method = request.method == HttpMethod::kGet    ? "GET "
                           : request.method == HttpMethod::kHead ? "HEAD "
                                                                 : "POST ";
      lines.push_back(method +
                      request.url.ToString().substr(std::string("https://ca.example").size()));
    }
    return lines;
  }

  FakeClock clock_;
  FakeHttpClient http_;
  FakeSigner signer_{clock_};
  Executor workers_{{.name = "test"}};
  Client client_{{.directory = ServerUrl("/dir"), .extra_origins = {}}, {http_, clock_, workers_}};
};

TEST_F(ClientTest, TheFirstCallReadsTheDirectoryAndAsksForANonce) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  http_.Answer(Ok("n2", "body"));

  const auto answer = Send(Call());

  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->response.body, "body");
  EXPECT_EQ(answer->url, ServerUrl("/order"));
  EXPECT_THAT(Requested(), ElementsAre("GET /dir", "HEAD /nonce", "POST /order"));
  const HttpRequest post = http_.requests().back();
  EXPECT_EQ(post.content_type, "application/jose+json");  // RFC 8555 §6.2
  ASSERT_THAT(signer_.calls(), SizeIs(1));
  EXPECT_EQ(signer_.calls()[0].account_url, ServerUrl("/account/1"));
  EXPECT_EQ(signer_.calls()[0].url, ServerUrl("/order"));
  EXPECT_EQ(signer_.calls()[0].subject, "orders/1");
}

TEST_F(ClientTest, LaterCallsCostOneRequestEach) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  for (const char* nonce : {"n2", "n3", "n4"}) http_.Answer(Ok(nonce));

  for (int i = 0; i < 3; ++i) EXPECT_THAT(Send(Call()), IsOk());

  EXPECT_THAT(Requested(),
              ElementsAre("GET /dir", "HEAD /nonce", "POST /order", "POST /order", "POST /order"));
  EXPECT_THAT(NoncesSigned(), ElementsAre("n1", "n2", "n3"));
}

// RFC 8555 §6.5 (tN1): the nonce of the error response; signed anew; not counted as an attempt of
// the caller's.
TEST_F(ClientTest, ARefusedNonceIsRetriedWithTheOneThatCameWithTheRefusal) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("stale"));
  http_.Answer(Problem(400, "badNonce", "fresh"));
  http_.Answer(Ok("n3"));
  int recorded = 0;
  int answered = 0;
  SignedCall call = Call();
  call.before_send = [&recorded](const Intent&) {
    ++recorded;
    return Result<void>();
  };
  call.on_answer = [&answered](const HttpResponse&) { ++answered; };

  EXPECT_THAT(Send(std::move(call)), IsOk());

  EXPECT_THAT(NoncesSigned(), ElementsAre("stale", "fresh"));
  EXPECT_EQ(recorded, 2) << "each signed request is on record before it is sent";
  EXPECT_EQ(answered, 1) << "a refused nonce is no answer";
}

TEST_F(ClientTest, ARefusedNonceEmptiesThePool) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  http_.Answer(Ok("pooled"));
  EXPECT_THAT(Send(Call()), IsOk());
  http_.Answer(Problem(400, "badNonce", ""));  // tN3: the CA forgot them all, and sends none
  http_.Answer(NonceAnswer("asked"));
  http_.Answer(Ok("n3"));

  EXPECT_THAT(Send(Call()), IsOk());

  EXPECT_THAT(NoncesSigned(), ElementsAre("n1", "pooled", "asked"));
}

TEST_F(ClientTest, ACaThatRefusesEveryNonceIsGivenUpAfterTen) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n0"));
  http_.Handle(
      [](const HttpRequest&) -> Result<HttpResponse> { return Problem(400, "badNonce", "again"); });

  EXPECT_THAT(Send(Call()), IsError(Reason::kCaBadNonce));
  EXPECT_THAT(signer_.calls(), SizeIs(10));
}

// tN4: an overloaded newNonce is not "no nonce".
TEST_F(ClientTest, AnOverloadedNewNonceIsSaidToBeThat) {
  http_.Answer(DirectoryAnswer());
  http_.Answer({.status = 503, .headers = {{"retry-after", "30"}}, .body = ""});

  const auto answer = Send(Call());

  ASSERT_THAT(answer, IsError(Reason::kCaUnavailable, HasSubstr("asking for a nonce")));
  EXPECT_EQ(answer.error().retry_after(), std::chrono::seconds{30});
  EXPECT_THAT(signer_.calls(), IsEmpty());
}

TEST_F(ClientTest, ANonceThatIsNoneIsRefused) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("not base64url\""));
  EXPECT_THAT(Send(Call()), IsError(Reason::kCaBadAnswer));
}

TEST_F(ClientTest, WhatCannotBePutOnRecordIsNotSent) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  SignedCall call = Call();
  call.before_send = [](const Intent& intent) -> Result<void> {
    EXPECT_EQ(intent.action, SignaturePurpose::kNewOrder);
    EXPECT_EQ(intent.url, ServerUrl("/order"));
    EXPECT_THAT(intent.jws, HasSubstr("\"signature\""));
    return Error(Reason::kLeaseLost, "somebody else has it");
  };

  EXPECT_THAT(Send(std::move(call)), IsError(Reason::kLeaseLost));
  EXPECT_THAT(Requested(), ElementsAre("GET /dir", "HEAD /nonce"));
}

TEST_F(ClientTest, WhatIsSentIsWhatWasRecorded) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  http_.Answer(Ok("n2"));
  std::string recorded;
  SignedCall call = Call();
  call.before_send = [&recorded](const Intent& intent) {
    recorded = intent.jws;
    return Result<void>();
  };
  EXPECT_THAT(Send(std::move(call)), IsOk());
  EXPECT_EQ(http_.requests().back().body, recorded);
}

// T22: the CA's word does not make the broker call, or sign for, somebody else.
TEST_F(ClientTest, NothingIsSignedForAnotherOrigin) {
  for (const std::string url : {"https://169.254.169.254/", "https://ca.example:8443/order",
                                "https://ca.example.evil.test/"}) {
    SignedCall call = Call();
    call.target = *HttpsUrl::Parse(url);
    EXPECT_THAT(Send(std::move(call)), IsError(Reason::kCaBadAnswer)) << url;
  }
  EXPECT_THAT(signer_.calls(), IsEmpty());
  EXPECT_THAT(Requested(), IsEmpty());
}

TEST_F(ClientTest, ADirectoryThatPointsElsewhereIsNotFollowed) {
  std::string directory(kDirectory);
  const std::string_view good = "https://ca.example/nonce";
  directory.replace(directory.find(good), good.size(), "https://10.0.0.1/nonce");
  http_.Answer({.status = 200, .headers = {}, .body = directory});
  EXPECT_THAT(Send(Call()), IsError(Reason::kCaBadAnswer));
  EXPECT_THAT(Requested(), ElementsAre("GET /dir"));
}

TEST_F(ClientTest, TheCasRefusalIsTypedAndQuoted) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  http_.Answer(Problem(403, "rejectedIdentifier", "n2"));
  int answered = 0;
  SignedCall call = Call();
  call.on_answer = [&answered](const HttpResponse& response) {
    ++answered;
    EXPECT_EQ(response.status, 403);
  };
  const auto answer = Send(std::move(call));
  ASSERT_THAT(answer, IsError(Reason::kCaRejectedIdentifier, HasSubstr("because")));
  EXPECT_THAT(answer.error().detail(), HasSubstr("newOrder https://ca.example/order"));
  EXPECT_EQ(answered, 1);
}

TEST_F(ClientTest, TheNonceOfARefusalIsUsedToo) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  http_.Answer(Problem(403, "rejectedIdentifier", "n2"));
  http_.Answer(Ok("n3"));
  EXPECT_THAT(Send(Call()), IsError(Reason::kCaRejectedIdentifier));
  EXPECT_THAT(Send(Call()), IsOk());
  EXPECT_THAT(NoncesSigned(), ElementsAre("n1", "n2"));
}

// T14: an address of the directory that has gone means that the directory has changed.
TEST_F(ClientTest, AVanishedEndpointMakesTheDirectoryBeReadAgain) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  http_.Answer({.status = 404, .headers = {{"replay-nonce", "n2"}}, .body = ""});
  http_.Answer(DirectoryAnswer());
  http_.Answer(Ok("n3"));
  EXPECT_FALSE(Send(Call()).has_value());
  EXPECT_THAT(Send(Call()), IsOk());
  EXPECT_THAT(Requested(),
              ElementsAre("GET /dir", "HEAD /nonce", "POST /order", "GET /dir", "POST /order"));
}

TEST_F(ClientTest, TheDirectoryIsReadAgainAfterAnHour) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  http_.Answer(Ok("n2"));
  EXPECT_THAT(Send(Call()), IsOk());
  clock_.Advance(std::chrono::hours{1});
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n3"));  // the pooled one has aged too
  http_.Answer(Ok("n4"));
  EXPECT_THAT(Send(Call()), IsOk());
  EXPECT_THAT(NoncesSigned(), ElementsAre("n1", "n3"));
}

TEST_F(ClientTest, ASignerThatCannotSignEndsTheCallUnsent) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  signer_.FailNext(Error(Reason::kHsmUnavailable, "token gone"));
  EXPECT_THAT(Send(Call()), IsError(Reason::kHsmUnavailable));
  EXPECT_THAT(Requested(), ElementsAre("GET /dir", "HEAD /nonce"));
}

TEST_F(ClientTest, ALostAnswerIsAnUnknownOutcome) {
  http_.Answer(DirectoryAnswer());
  http_.Answer(NonceAnswer("n1"));
  http_.FailNext(Error(Reason::kOutcomeUnknown, "connection cut"));
  const auto answer = Send(Call());
  ASSERT_THAT(answer, IsError(Reason::kOutcomeUnknown));
  EXPECT_EQ(answer.error().retry(), Retry::kReadBackFirst);
}

// T34: whoever can write a row must not choose where its octets go.
TEST_F(ClientTest, NothingIsSentAgainToAnotherOrigin) {
  const Intent intent{SignaturePurpose::kNewOrder, *HttpsUrl::Parse("https://evil.example/order"),
                      "{}"};
  std::optional<Result<Answer>> outcome;
  client_.SendAgain(
      intent, [](const HttpResponse&) {}, [&outcome](Result<Answer> a) { outcome = std::move(a); });
  ASSERT_TRUE(outcome.has_value());
  EXPECT_THAT(*outcome, IsError(Reason::kCaBadAnswer));
  EXPECT_THAT(http_.requests(), IsEmpty());
}

TEST_F(ClientTest, SendingAgainSendsTheSameOctetsUnsigned) {
  const Intent intent{SignaturePurpose::kNewOrder, ServerUrl("/order"), R"({"protected":"…"})"};
  http_.Answer(Ok("n1", "the order"));
  std::optional<Result<Answer>> outcome;
  int answered = 0;
  client_.SendAgain(
      intent, [&answered](const HttpResponse&) { ++answered; },
      [&outcome](Result<Answer> a) { outcome = std::move(a); });
  ASSERT_TRUE(outcome.has_value());
  ASSERT_THAT(*outcome, IsOk());
  EXPECT_EQ(answered, 1);
  EXPECT_EQ(http_.requests().back().body, intent.jws);
  EXPECT_THAT(signer_.calls(), IsEmpty());
}

TEST_F(ClientTest, ASpentNonceWhenSendingAgainIsTold) {
  http_.Answer(Problem(400, "badNonce", "n1"));
  std::optional<Result<Answer>> outcome;
  int answered = 0;
  client_.SendAgain(
      {SignaturePurpose::kNewOrder, ServerUrl("/order"), "{}"},
      [&answered](const HttpResponse&) { ++answered; },
      [&outcome](Result<Answer> a) { outcome = std::move(a); });
  EXPECT_THAT(*outcome, IsError(Reason::kCaBadNonce));
  EXPECT_EQ(answered, 0);
  EXPECT_THAT(http_.requests(), SizeIs(1))
      << "never signed anew: the first sending may have been accepted";
}

TEST(ClientSingleFlightTest, EverybodyWaitsForOneDirectory) {
  FakeClock clock;
  FakeHttpClient http(Delivery::kOnDemand);
  FakeSigner signer(clock);
  Executor workers({.name = "test"});
  workers.Stop();
  Client client({.directory = ServerUrl("/dir"), .extra_origins = {}}, {http, clock, workers});
  http.Answer(DirectoryAnswer());
  int done = 0;
  for (int i = 0; i < 3; ++i) {
    client.GetDirectory([&done](const Result<Directory>& directory) {
      EXPECT_THAT(directory, IsOk());
      ++done;
    });
  }
  http.PumpAll();
  EXPECT_EQ(done, 3);
  EXPECT_THAT(http.requests(), SizeIs(1));
}

// A lease is as long as one call may take; a CA that is slow over the nonce has less for the rest.
TEST_F(ClientTest, OneCallFitsItsTimeoutWhateverItNeedsFirst) {
  const milliseconds timeout = client_.options().timeout;
  http_.Handle([&](const HttpRequest& request) -> Result<HttpResponse> {
    clock_.Advance(timeout / 4);
    if (request.method == HttpMethod::kGet) return DirectoryAnswer();
    if (request.method == HttpMethod::kHead) return NonceAnswer("n1");
    return Ok("n2");
  });

  EXPECT_THAT(Send(Call()), IsOk());

  ASSERT_THAT(http_.requests(), SizeIs(3));
  EXPECT_EQ(http_.requests()[1].timeout, timeout * 3 / 4);
  EXPECT_EQ(http_.requests()[2].timeout, timeout / 2);
}

TEST_F(ClientTest, NothingIsSignedWhenTheTimeIsSpentOnTheNonce) {
  http_.Handle([&](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.method == HttpMethod::kGet) return DirectoryAnswer();
    clock_.Advance(client_.options().timeout);
    return NonceAnswer("n1");
  });

  EXPECT_THAT(Send(Call()), IsError(Reason::kCaUnavailable));
  EXPECT_THAT(signer_.calls(), IsEmpty());
}

}  // namespace
}  // namespace certbroker::acme
