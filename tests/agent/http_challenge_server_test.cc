#include "agent/http_challenge_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <future>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/listen_option.h"
#include "tests/support/result_matchers.h"

namespace certbroker::agent {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;
using ::testing::StartsWith;

const std::string kServedThumbprint(43, 't');

Challenge ServedChallenge(const std::string& token) {
  return {.order = "orders/1",
          .identifier = "a.test",
          .token = token,
          .key_authorization = token + "." + kServedThumbprint};
}

// A client of its own, from any of this machine's loopback addresses.
class Client {
 public:
  explicit Client(std::uint16_t port, std::uint32_t from = INADDR_LOOPBACK)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    const sockaddr_in own = At(from, 0);
    const sockaddr_in server = At(INADDR_LOOPBACK, port);
    connected_ =
        ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof(own)) == 0 &&
        ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&server), sizeof(server)) == 0;
  }

  bool Send(std::string_view text) const {
    return connected_ && ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
                             static_cast<ssize_t>(text.size());
  }
  // Until the server closes; nothing: it did not within 10 s.
  std::optional<std::string> ReadToEnd() const {
    std::string answer;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = ::read(fd_.get(), buffer, sizeof(buffer))) > 0) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    return answer;
  }

 private:
  static sockaddr_in At(std::uint32_t host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(host);
    return address;
  }

  UniqueFd fd_;
  bool connected_ = false;
};

std::string Head(const std::string& method, const std::string& path, const std::string& headers) {
  return method + " " + path + " HTTP/1.1\r\n" + headers + "Content-Length: 0\r\n\r\n";
}

class HttpChallengeServerTest : public ::testing::Test {
 protected:
  void SetUp() override { Start("127.0.0.1:0"); }

  void Start(std::string_view own) {
    auto socket = Listen(own, ChallengeType::kHttp01);
    ASSERT_THAT(socket, IsOk());
    auto server = HttpChallengeServer::Start(
        std::move(*socket), [this](const Challenge& challenge, const std::string& address) {
          fetched_.set_value(challenge.token + " by " + address);
        });
    ASSERT_THAT(server, IsOk());
    server_ = std::move(*server);
    ASSERT_THAT(server_->Present(ServedChallenge("tok")), IsOk());
  }

  // The whole answer to one request; the server ends the connection unasked.
  std::string Ask(const std::string& method, const std::string& path,
                  const std::string& headers = "Host: a.test\r\n") const {
    const Client client(server_->port());
    EXPECT_TRUE(client.Send(Head(method, path, headers)));
    return client.ReadToEnd().value_or("the connection stays open");
  }

  std::promise<std::string> fetched_;
  std::unique_ptr<HttpChallengeServer> server_;
};

constexpr const char* kPath = "/.well-known/acme-challenge/tok";

TEST_F(HttpChallengeServerTest, AnswersTheTokenAndTellsWhoFetchedIt) {
  const std::string answer = Ask("GET", kPath);

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\ntok." + kServedThumbprint));
  auto fetched = fetched_.get_future();
  ASSERT_EQ(fetched.wait_for(seconds{10}), std::future_status::ready);
  EXPECT_EQ(fetched.get(), "tok by 127.0.0.1");
}

TEST_F(HttpChallengeServerTest, HeadIsAnsweredButNoFetch) {
  const std::string answer = Ask("HEAD", kPath);

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, Not(HasSubstr(kServedThumbprint)));
  // A GET after it is the first fetch: had HEAD been one, the promise would be set twice and throw.
  Ask("GET", kPath);
  EXPECT_EQ(fetched_.get_future().wait_for(seconds{10}), std::future_status::ready);
}

TEST_F(HttpChallengeServerTest, EverythingElseIsNotFound) {
  for (const char* path :
       {"/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/to",
        "/.well-known/acme-challenge/tok/", "/.well-known/acme-challenge/tok?x=1",
        "/.well-known/acme-challenge/../acme-challenge/tok", "/.well-known/acme-challenge//tok",
        "//.well-known/acme-challenge/tok", "/tok"}) {
    EXPECT_THAT(Ask("GET", path), StartsWith("HTTP/1.1 404")) << path;
  }
}

TEST_F(HttpChallengeServerTest, OtherMethodsAreNotFound) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    EXPECT_THAT(Ask(method, kPath), StartsWith("HTTP/1.1 404")) << method;
  }
}

TEST_F(HttpChallengeServerTest, WhatIsRemovedIsNoLongerAnswered) {
  EXPECT_EQ(server_->presented(), 1U);
  ASSERT_THAT(server_->Remove("tok"), IsOk());
  EXPECT_THAT(server_->Remove("never-presented"), IsOk());

  EXPECT_EQ(server_->presented(), 0U);
  EXPECT_THAT(Ask("GET", kPath), StartsWith("HTTP/1.1 404"));
}

TEST_F(HttpChallengeServerTest, AnswersForTheNameOfTheChallengeOnly) {
  for (const char* headers :
       {"Host: b.test\r\n", "Host: x.a.test\r\n", "Host: a.test.evil.test\r\n",
        "Host: 127.0.0.1\r\n", "Host: [::1]\r\n", "Host:\r\n", ""}) {
    EXPECT_THAT(Ask("GET", kPath, headers), StartsWith("HTTP/1.1 404")) << headers;
  }
}

TEST_F(HttpChallengeServerTest, HostMayHaveAPortAndAnyCase) {
  for (const char* headers : {"Host: a.test:5002\r\n", "host: A.Test\r\n"}) {
    EXPECT_THAT(Ask("HEAD", kPath, headers), StartsWith("HTTP/1.1 200")) << headers;
  }
}

TEST_F(HttpChallengeServerTest, EveryAnswerEndsItsConnection) {
  EXPECT_THAT(Ask("HEAD", kPath), HasSubstr("Connection: close"));
  EXPECT_THAT(Ask("GET", "/"), HasSubstr("Connection: close"));
}

TEST_F(HttpChallengeServerTest, OneAddressCannotTakeAllConnections) {
  Start("0.0.0.0:0");
  const std::string head = Head("HEAD", kPath, "Host: a.test\r\n");
  const std::string rest = head.substr(4);
  std::vector<Client> idle;
  for (int i = 0; i < 16; ++i) {
    idle.emplace_back(server_->port(), 0x7F000002);
    ASSERT_TRUE(idle.back().Send(head.substr(0, 4))) << i;
  }
  const Client refused(server_->port(), 0x7F000002);
  EXPECT_EQ(refused.ReadToEnd(), "");

  EXPECT_THAT(Ask("GET", kPath), StartsWith("HTTP/1.1 200"));
  for (const Client& one : idle) {
    ASSERT_TRUE(one.Send(rest));
    EXPECT_THAT(one.ReadToEnd(), Optional(StartsWith("HTTP/1.1 200")));
  }
}

TEST_F(HttpChallengeServerTest, AProxyOnThisHostMayAskForManyAtOnce) {
  const std::string head = Head("HEAD", kPath, "Host: a.test\r\n");
  std::vector<Client> parallel;
  for (int i = 0; i < 100; ++i) {
    parallel.emplace_back(server_->port());
    ASSERT_TRUE(parallel.back().Send(head.substr(0, 4))) << i;
  }
  for (const Client& one : parallel) {
    ASSERT_TRUE(one.Send(head.substr(4)));
    EXPECT_THAT(one.ReadToEnd(), Optional(StartsWith("HTTP/1.1 200")));
  }
}

TEST(HttpChallengeLifetimeTest, OctetsDoNotProlongAConnection) {
  auto socket = Listen("127.0.0.1:0", ChallengeType::kHttp01);
  ASSERT_THAT(socket, IsOk());
  const auto server =
      HttpChallengeServer::Start(*std::move(socket), nullptr, std::chrono::milliseconds{200});
  ASSERT_THAT(server, IsOk());
  const Client slow((*server)->port());
  ASSERT_TRUE(slow.Send("GET / HTTP/1.1\r\nX: "));
  // Far more often than any timeout in whole seconds, until the server has had enough.
  const std::jthread dripping([&slow](const std::stop_token& stop) {
    while (!stop.stop_requested() && slow.Send("x")) {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  });

  EXPECT_TRUE(slow.ReadToEnd().has_value());
}

TEST_F(HttpChallengeServerTest, WhatIsNoKeyAuthorizationIsNotAnswered) {
  Challenge challenge = ServedChallenge("other");
  challenge.key_authorization = "<script>";

  EXPECT_THAT(server_->Present(challenge), IsError(Reason::kInvalidArgument));
  EXPECT_THAT(Ask("GET", "/.well-known/acme-challenge/other"), StartsWith("HTTP/1.1 404"));
}

TEST_F(HttpChallengeServerTest, ThePortIsFreeAfterwards) {
  const std::string address = "127.0.0.1:" + std::to_string(server_->port());
  EXPECT_THAT(Listen(address, ChallengeType::kHttp01),
              IsError(Reason::kFileUnusable, HasSubstr("in use")));

  server_.reset();

  EXPECT_THAT(Listen(address, ChallengeType::kHttp01), IsOk());
}

TEST(ListenOptionTest, ErrorsNameTheOptionAndItsPort) {
  EXPECT_THAT(
      Listen("localhost:80", ChallengeType::kHttp01),
      IsError(Reason::kInvalidArgument, AllOf(HasSubstr("--http-listen"), HasSubstr("[::]:80"))));
}

}  // namespace
}  // namespace certbroker::agent
