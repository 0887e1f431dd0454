#include "acme/http/curl_client.h"

#include <cstdlib>
#include <future>
#include <thread>

#include <fmt/format.h>

#include "tests/support/result_matchers.h"
#include "tests/support/tls_server.h"

namespace certbroker::acme {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Connection = TlsServer::Connection;

// Long enough that only a server that never answers meets it.
constexpr auto kPatience = 10s;
constexpr std::chrono::milliseconds kShort = 250ms;

CurlClientOptions Trusting(const TlsServer& server) {
  CurlClientOptions options;
  options.ca_file = server.ca_file();
  options.user_agent = "certbroker/test";
  return options;
}

HttpRequest Get(const HttpsUrl& url) {
  HttpRequest request;
  request.url = url;
  request.timeout = kPatience;
  return request;
}

HttpRequest Post(const HttpsUrl& url, std::string body = R"({"signed":"once"})") {
  HttpRequest request = Get(url);
  request.method = HttpMethod::kPost;
  request.body = std::move(body);
  request.content_type = "application/jose+json";
  return request;
}

std::future<Result<HttpResponse>> Start(HttpClient& client, HttpRequest request) {
  auto promise = std::make_shared<std::promise<Result<HttpResponse>>>();
  client.Send(std::move(request),
              [promise](Result<HttpResponse> result) { promise->set_value(std::move(result)); });
  return promise->get_future();
}

Result<HttpResponse> Fetch(HttpClient& client, HttpRequest request) {
  return Start(client, std::move(request)).get();
}

// One request to a server that does as told, on a client of its own.
Result<HttpResponse> FetchFrom(const TlsServer& server, HttpRequest request) {
  CurlClient client(Trusting(server));
  return Fetch(client, std::move(request));
}

// ---- What is asked and what is answered.

TEST(CurlClientTest, ReturnsStatusFieldsAndBody) {
  const TlsServer server(
      {}, Always(HttpAnswer(201, "made", {{"Replay-Nonce", "n1"}, {"LINK", " <a>;rel=up \t"}})));
  const auto response = FetchFrom(server, Get(server.Url("/x")));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "made");
  EXPECT_THAT(response->headers,
              ElementsAre(Pair("content-length", "4"), Pair("replay-nonce", "n1"),
                          Pair("link", "<a>;rel=up")));
}

TEST(CurlClientTest, AsksWithWhatTheRequestSaysAndNothingElse) {
  const TlsServer server({}, Always(HttpAnswer(200, "")));
  HttpRequest request = Post(server.Url("/new-order"), "{}");
  request.accept = "application/pem-certificate-chain";
  ASSERT_THAT(FetchFrom(server, std::move(request)), IsOk());
  ASSERT_THAT(server.requests(), SizeIs(1));
  const std::string host = server.Url("").ToString().substr(8);
  EXPECT_EQ(
      server.requests()[0],
      fmt::format("POST /new-order HTTP/1.1\r\nHost: {}\r\nUser-Agent: certbroker/test\r\n"
                  "Content-Type: application/jose+json\r\n"
                  "Accept: application/pem-certificate-chain\r\nContent-Length: 2\r\n\r\n{{}}",
                  host));
}

// T24: nothing is decoded that was not asked for.
TEST(CurlClientTest, LeavesAnEncodedBodyAlone) {
  const TlsServer server({},
                         Always(HttpAnswer(200, "\x1f\x8b\x08", {{"Content-Encoding", "gzip"}})));
  const auto response = FetchFrom(server, Get(server.Url("/")));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "\x1f\x8b\x08");
}

TEST(CurlClientTest, AHeadRequestHasNoBody) {
  const TlsServer server({},
                         Always("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nReplay-Nonce: n\r\n\r\n"));
  HttpRequest request = Get(server.Url("/new-nonce"));
  request.method = HttpMethod::kHead;
  const auto response = FetchFrom(server, std::move(request));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->Header("replay-nonce"), "n");
  EXPECT_EQ(response->body, "");
  EXPECT_THAT(server.requests(), ElementsAre(StartsWith("HEAD /new-nonce ")));
}

// RFC 8555 §6.4: the URL that was signed is the URL that is asked, byte for byte.
TEST(CurlClientTest, DoesNotTidyThePath) {
  const TlsServer server({}, Always(HttpAnswer(200, "")));
  ASSERT_THAT(FetchFrom(server, Get(server.Url("/a/../b/./c?d=%2f"))), IsOk());
  EXPECT_THAT(server.requests(), ElementsAre(StartsWith("GET /a/../b/./c?d=%2f HTTP/1.1\r\n")));
}

TEST(CurlClientTest, EveryStatusIsASuccess) {
  for (const int status : {204, 400, 404, 429, 500, 503}) {
    const TlsServer server({}, Always(HttpAnswer(status, "")));
    const auto response = FetchFrom(server, Post(server.Url("/")));
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->status, status);
  }
}

// HAProxy's own error pages come so.
TEST(CurlClientTest, ARefusalNeedsNoLength) {
  const TlsServer server({}, [](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.0 503 Service Unavailable\r\nConnection: close\r\n\r\n<html>");
  });
  const auto response = FetchFrom(server, Post(server.Url("/")));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body, "<html>");
}

TEST(CurlClientTest, FollowsNoRedirect) {
  for (const int status : {301, 302, 303, 307, 308}) {
    const TlsServer target({}, Always(HttpAnswer(200, "reached")));
    const TlsServer server(
        {}, Always(HttpAnswer(status, "", {{"Location", target.Url("/").ToString()}})));
    const auto response = FetchFrom(server, Post(server.Url("/")));
    ASSERT_THAT(response, IsOk());
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(target.connections(), 0);
  }
}

TEST(CurlClientTest, SkipsAFewInterimAnswers) {
  const TlsServer server({}, Always("HTTP/1.1 103 Early Hints\r\nLink: <early>\r\n\r\n" +
                                    HttpAnswer(200, "done", {{"Link", "<final>"}})));
  const auto response = FetchFrom(server, Get(server.Url("/")));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->Header("link"), "<final>");
}

TEST(CurlClientTest, IgnoresTheProxyOfTheEnvironment) {
  const TlsServer server({}, Always(HttpAnswer(200, "direct")));
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    setenv(name, "http://127.0.0.1:9", 1);
  }
  const auto response = FetchFrom(server, Get(server.Url("/")));
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) unsetenv(name);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "direct");
}

// ---- Bounds (T24).

TEST(CurlClientTest, RefusesTooManyHeaderOctets) {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "a: b\r\n";
  std::string interim;
  for (int i = 0; i < 2'000; ++i) interim += "HTTP/1.1 103 Early Hints\r\n\r\n";
  const struct {
    std::string_view name;
    std::string answer;
  } cases[] = {
      {"one field", HttpAnswer(200, "", {{"A", std::string(40'000, 'x')}})},
      {"many fields", "HTTP/1.1 200 OK\r\n" + many + "\r\n"},
      {"a flood of interim answers", interim + HttpAnswer(200, "")},
      {"a field that never ends", "HTTP/1.1 200 OK\r\nA: " + std::string(1'000'000, 'x')},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const TlsServer server({}, Always(c.answer));
    EXPECT_FALSE(FetchFrom(server, Get(server.Url("/"))));
    EXPECT_THAT(FetchFrom(server, Post(server.Url("/"))), Not(IsOk()));
  }
  const TlsServer server({}, Always(cases[0].answer));
  EXPECT_THAT(
      FetchFrom(server, Get(server.Url("/"))),
      IsError(Reason::kCaBadAnswer, HasSubstr("header fields of the CA's answer are over 32768")));
}

TEST(CurlClientTest, RefusesABodyOverTheBound) {
  const std::string endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                              std::string("3e8\r\n") + std::string(1000, 'x') + "\r\n" +
                              std::string("3e8\r\n") + std::string(1000, 'x') + "\r\n0\r\n\r\n";
  const struct {
    std::string_view name;
    std::string answer;
    bool fits;
  } cases[] = {
      {"just as long", HttpAnswer(200, std::string(1500, 'x')), true},
      {"one too long, and says so", HttpAnswer(200, std::string(1501, 'x')), false},
      {"in chunks, without a length", endless, false},
      {"says that it is huge", "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nx", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const TlsServer server({}, Always(c.answer));
    HttpRequest request = Post(server.Url("/"));
    request.max_body_bytes = 1500;
    const auto response = FetchFrom(server, std::move(request));
    if (c.fits) {
      EXPECT_THAT(response, IsOk());
    } else {
      EXPECT_THAT(response, IsError(Reason::kCaBadAnswer, HasSubstr("over 1500 octets")));
    }
  }
}

TEST(CurlClientTest, EndsADrip) {
  const TlsServer server({}, [](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (!connection.Wait(50ms) && connection.Write("x")) {
    }
  });
  CurlClientOptions options = Trusting(server);
  options.low_speed_bytes = 1000;
  options.low_speed_time = 1s;
  CurlClient client(options);
  EXPECT_THAT(Fetch(client, Post(server.Url("/"))),
              IsError(Reason::kOutcomeUnknown, HasSubstr("too slow")));
}

// ---- Certainly not acted upon: kCaUnavailable, and the server has seen no request.

TEST(CurlClientTest, NothingIsSentWhenTheServerCannotBeTrusted) {
  using enum TlsServer::Certificate;
  const struct {
    std::string_view name;
    TlsServer::Options options;
  } cases[] = {
      {"a certificate of another name", {.certificate = kWrongName}},
      {"an expired certificate", {.certificate = kExpired}},
      {"a certificate by nobody", {.certificate = kSelfSigned}},
      {"TLS 1.1", {.at_most_tls11 = true}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const TlsServer server(c.options, Always(HttpAnswer(200, "")));
    EXPECT_THAT(FetchFrom(server, Post(server.Url("/"))), IsError(Reason::kCaUnavailable));
    EXPECT_THAT(server.requests(), SizeIs(0));
  }
}

TEST(CurlClientTest, NothingIsSentInTheClear) {
  const TlsServer server({.tls = false}, [](Connection& connection) {
    connection.Wait(kPatience);
    connection.Write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  EXPECT_THAT(FetchFrom(server, Post(server.Url("/"))), IsError(Reason::kCaUnavailable));
}

TEST(CurlClientTest, TheCaFileReplacesTheSystemsBundle) {
  const TlsServer server({}, Always(HttpAnswer(200, "")));
  const TlsServer other({}, Always(HttpAnswer(200, "")));
  const struct {
    std::string_view name;
    std::string ca_file;
    std::string_view says;
  } cases[] = {
      {"another CA", other.ca_file(), "check the issuer's ca_file"},
      {"no such file", "/nonexistent/ca.pem", "ca_file cannot be read"},
      {"the system's", "", "check the issuer's ca_file"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    CurlClientOptions options = Trusting(server);
    options.ca_file = c.ca_file;
    CurlClient client(options);
    EXPECT_THAT(Fetch(client, Post(server.Url("/"))),
                IsError(Reason::kCaUnavailable, HasSubstr(c.says)));
  }
}

TEST(CurlClientTest, NobodyListens) {
  std::optional<TlsServer> server;
  server.emplace(TlsServer::Options{}, Always(HttpAnswer(200, "")));
  const HttpRequest request = Post(server->Url("/"));
  CurlClient client(Trusting(*server));
  server.reset();
  EXPECT_THAT(Fetch(client, request),
              IsError(Reason::kCaUnavailable, AllOf(StartsWith("POST https://127.0.0.1:"),
                                                    HasSubstr("connect to the CA"))));
}

TEST(CurlClientTest, AHandshakeThatNeverComesHasSentNothing) {
  const TlsServer server({.handshake = false},
                         [](Connection& connection) { connection.WaitUntilGone(kPatience); });
  for (const auto timeout : {kShort / 2, 1ms, 0ms, -1ms, std::chrono::milliseconds::min()}) {
    HttpRequest request = Post(server.Url("/"));
    request.timeout = timeout;
    EXPECT_THAT(
        FetchFrom(server, std::move(request)),
        IsError(Reason::kCaUnavailable, AnyOf(HasSubstr("timed out"), HasSubstr("timeout"))))
        << timeout.count();
  }
}

// ---- May have arrived: kOutcomeUnknown, for a POST; a GET changes nothing.

struct CutCase {
  std::string_view name;
  TlsServer::Script script;
};

std::vector<CutCase> Cuts() {
  return {
      {"cuts after reading", [](Connection& connection) { connection.ReadRequest(); }},
      {"cuts within the header",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write("HTTP/1.1 200 OK\r\nContent-Le");
       }},
      {"cuts within the body",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
       }},
      {"cuts within a chunk",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"a\"");
       }},
      {"cuts a body that has no length",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write("HTTP/1.1 200 OK\r\n\r\n{\"status\":");
       }},
      {"cuts after an interim answer",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write("HTTP/1.1 100 Continue\r\n\r\n");
       }},
      {"does not speak HTTP",
       [](Connection& connection) {
         connection.ReadRequest();
         connection.Write("220 mail.example ESMTP\r\n");
       }},
  };
}

TEST(CurlClientTest, APostThatWasSentButNotAnsweredIsInDoubt) {
  for (const CutCase& c : Cuts()) {
    SCOPED_TRACE(c.name);
    const TlsServer server({}, c.script);
    EXPECT_THAT(FetchFrom(server, Post(server.Url("/"))),
                IsError(Reason::kOutcomeUnknown, HasSubstr("read before acting again")));
    EXPECT_EQ(server.connections(), 1);
  }
}

// The head of the request may be out when the cut comes and the body not: then nothing can have
// been acted upon. Which it is depends on the race; that it is not tried twice does not.
TEST(CurlClientTest, APostIsNotRepeatedWhenTheServerCutsBeforeReading) {
  for (int i = 0; i < 20; ++i) {
    const TlsServer server({}, [](Connection& connection) { connection.Wait(kPatience); });
    const auto response = FetchFrom(server, Post(server.Url("/")));
    EXPECT_THAT(response, AnyOf(IsError(Reason::kOutcomeUnknown), IsError(Reason::kCaUnavailable)));
    EXPECT_EQ(server.connections(), 1);
  }
}

TEST(CurlClientTest, AGetThatWasNotAnsweredIsMerelyUnavailable) {
  for (const CutCase& c : Cuts()) {
    SCOPED_TRACE(c.name);
    const TlsServer server({}, c.script);
    EXPECT_THAT(FetchFrom(server, Get(server.Url("/"))), IsError(Reason::kCaUnavailable));
  }
}

// ---- Connections.

TEST(CurlClientTest, KeepsItsConnection) {
  const TlsServer server({}, Always(HttpAnswer(200, "")));
  CurlClient client(Trusting(server));
  for (int i = 0; i < 20; ++i) ASSERT_THAT(Fetch(client, Post(server.Url("/"))), IsOk());
  EXPECT_EQ(server.connections(), 1);
}

// Answers a first request; what happens to the next on that connection is the script's.
TlsServer::Script AnswerThen(TlsServer::Script first_connection) {
  return [then = std::move(first_connection)](Connection& connection) {
    connection.ReadRequest();
    connection.Write(HttpAnswer(200, "first"));
    if (connection.index() == 0) {
      then(connection);
    } else {
      Always(HttpAnswer(200, "again"))(connection);
    }
  };
}

int Seen(const TlsServer& server, std::string_view text) {
  int seen = 0;
  for (const std::string& request : server.requests()) {
    if (request.find(text) != std::string::npos) ++seen;
  }
  return seen;
}

TEST(CurlClientTest, AConnectionClosedWhileIdleIsReplaced) {
  const TlsServer server({}, AnswerThen([](Connection&) {}));
  CurlClient client(Trusting(server));
  ASSERT_THAT(Fetch(client, Get(server.Url("/"))), IsOk());
  while (server.open_connections() > 0) std::this_thread::yield();
  EXPECT_THAT(Fetch(client, Post(server.Url("/"))), IsOk());
  EXPECT_EQ(Seen(server, "once"), 1);
  EXPECT_EQ(server.connections(), 2);
}

// The connection stands already, so that the timeout is about the answer alone.
TEST(CurlClientTest, APostThatIsNeverAnsweredIsInDoubt) {
  const TlsServer server({}, AnswerThen([](Connection& connection) {
                           connection.ReadRequest();
                           connection.Wait(kPatience);
                         }));
  CurlClient client(Trusting(server));
  ASSERT_THAT(Fetch(client, Get(server.Url("/"))), IsOk());
  HttpRequest request = Post(server.Url("/"));
  request.timeout = kShort;
  EXPECT_THAT(Fetch(client, std::move(request)),
              IsError(Reason::kOutcomeUnknown, HasSubstr("timed out")));
  EXPECT_EQ(Seen(server, "once"), 1);
}

// notes §1.14, curl#18417: by itself curl sends the POST a second time here, and the CA has two
// orders.
TEST(CurlClientTest, APostIsNotRepeatedWhenAReusedConnectionDies) {
  const TlsServer server({}, AnswerThen([](Connection& connection) { connection.ReadRequest(); }));
  CurlClient client(Trusting(server));
  ASSERT_THAT(Fetch(client, Get(server.Url("/"))), IsOk());
  EXPECT_THAT(Fetch(client, Post(server.Url("/"))), IsError(Reason::kOutcomeUnknown));
  EXPECT_EQ(Seen(server, "once"), 1);
  EXPECT_THAT(Fetch(client, Post(server.Url("/"), "next")), IsOk()) << "the client must go on";
  EXPECT_EQ(Seen(server, "once"), 1);
}

TEST(CurlClientTest, AGetIsRepeatedWhenAReusedConnectionDies) {
  const TlsServer server({}, AnswerThen([](Connection& connection) { connection.ReadRequest(); }));
  CurlClient client(Trusting(server));
  ASSERT_THAT(Fetch(client, Get(server.Url("/"))), IsOk());
  EXPECT_THAT(Fetch(client, Get(server.Url("/poll"))), IsOk());
  EXPECT_EQ(Seen(server, "GET /poll"), 2);
}

TEST(CurlClientTest, ManyRequestsShareAFewConnections) {
  const TlsServer server({}, Always(HttpAnswer(200, "")));
  CurlClientOptions options = Trusting(server);
  options.max_connections = 4;
  CurlClient client(options);
  std::vector<std::future<Result<HttpResponse>>> answers;
  answers.reserve(200);
  for (int i = 0; i < 200; ++i) {
    answers.push_back(Start(client, Post(server.Url("/"), fmt::format("body-{}.", i))));
  }
  for (auto& answer : answers) EXPECT_THAT(answer.get(), IsOk());
  EXPECT_LE(server.connections(), 4);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Seen(server, fmt::format("body-{}.", i)), 1);
}

// ---- Threads.

TEST(CurlClientTest, OneSlowAnswerDelaysNoOther) {
  const TlsServer server({}, [](Connection& connection) {
    const auto request = connection.ReadRequest();
    if (request && request->starts_with("GET /slow ")) connection.Wait(kPatience);
    connection.Write(HttpAnswer(200, ""));
  });
  CurlClient client(Trusting(server));
  auto slow = Start(client, Get(server.Url("/slow")));
  EXPECT_THAT(Fetch(client, Get(server.Url("/fast"))), IsOk());
  EXPECT_EQ(slow.wait_for(0s), std::future_status::timeout);
}

TEST(CurlClientTest, MaySendFromWithinDone) {
  const TlsServer server({}, Always(HttpAnswer(200, "")));
  CurlClient client(Trusting(server));
  std::promise<Result<HttpResponse>> second;
  client.Send(Get(server.Url("/1")), [&](const Result<HttpResponse>&) {
    client.Send(Get(server.Url("/2")),
                [&](Result<HttpResponse> result) { second.set_value(std::move(result)); });
  });
  EXPECT_THAT(second.get_future().get(), IsOk());
}

TEST(CurlClientTest, TheDestructorEndsWhatIsPending) {
  const TlsServer server({}, [](Connection& connection) {
    connection.ReadRequest();
    connection.Wait(kPatience);
  });
  auto owned = std::make_unique<CurlClient>(Trusting(server));
  CurlClient* const client = owned.get();  // stays what it was while the destructor runs
  std::vector<std::future<Result<HttpResponse>>> answers;
  answers.reserve(20);
  for (int i = 0; i < 20; ++i) answers.push_back(Start(*client, Post(server.Url("/"))));
  std::promise<Result<HttpResponse>> sent_on;
  client->Send(Post(server.Url("/")), [&](const Result<HttpResponse>&) {
    client->Send(Get(server.Url("/")),
                 [&](Result<HttpResponse> result) { sent_on.set_value(std::move(result)); });
  });
  owned.reset();
  for (auto& answer : answers) EXPECT_THAT(answer.get(), IsError(Reason::kShuttingDown));
  EXPECT_THAT(sent_on.get_future().get(), IsError(Reason::kShuttingDown));
}

TEST(CurlClientTest, ComesAndGoesWithoutARequest) {
  for (int i = 0; i < 20; ++i) const CurlClient client({});
}

}  // namespace
}  // namespace certbroker::acme
