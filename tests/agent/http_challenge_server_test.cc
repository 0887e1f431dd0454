#include "agent/http_challenge_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_matchers.h"

namespace certbroker::agent {
namespace {

using std::chrono::seconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Challenge MakeChallenge(const std::string& token) {
  return {
      .order = "orders/1", .dns_name = "a.test", .token = token, .key_authorization = "k." + token};
}

class HttpChallengeServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto socket = Listen("127.0.0.1:0");
    ASSERT_THAT(socket, IsOk());
    auto server = HttpChallengeServer::Start(
        std::move(*socket), [this](const Challenge& challenge, const std::string& address) {
          fetched_.set_value(challenge.token + " by " + address);
        });
    ASSERT_THAT(server, IsOk());
    server_ = std::move(*server);
    ASSERT_THAT(server_->Present(MakeChallenge("tok")), IsOk());
  }

  // The whole answer to one request.
  std::string Ask(const std::string& method, const std::string& path) const {
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      return "no connection";
    }
    const std::string request = method + " " + path +
                                " HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n"
                                "Connection: close\r\n\r\n";
    EXPECT_EQ(::write(fd.get(), request.data(), request.size()),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(fd.get(), buffer, sizeof(buffer))) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
    return answer;
  }

  std::promise<std::string> fetched_;
  std::unique_ptr<HttpChallengeServer> server_;
};

constexpr const char* kPath = "/.well-known/acme-challenge/tok";

TEST_F(HttpChallengeServerTest, AnswersTheTokenAndTellsWhoFetchedIt) {
  const std::string answer = Ask("GET", kPath);

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nk.tok"));
  auto fetched = fetched_.get_future();
  ASSERT_EQ(fetched.wait_for(seconds{10}), std::future_status::ready);
  EXPECT_EQ(fetched.get(), "tok by 127.0.0.1");
}

TEST_F(HttpChallengeServerTest, HeadIsAnsweredButNoFetch) {
  const std::string answer = Ask("HEAD", kPath);

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, Not(HasSubstr("k.tok")));
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

TEST_F(HttpChallengeServerTest, ThePortIsFreeAfterwards) {
  const std::string address = "127.0.0.1:" + std::to_string(server_->port());
  EXPECT_THAT(Listen(address), IsError(Reason::kFileUnusable, HasSubstr("in use")));

  server_.reset();

  EXPECT_THAT(Listen(address), IsOk());
}

TEST(ListenTest, TakesNumericAddressesWithAPortOnly) {
  for (const char* address : {"", "80", ":80", "127.0.0.1", "127.0.0.1:", "localhost:80", "::1:80",
                              "[::1]", "[127.0.0.1]:80", "127.0.0.1:65536", "127.0.0.1:x",
                              "127.0.0.1:-1", "[]:80", "127.0.0.1:80 "}) {
    EXPECT_THAT(Listen(address), IsError(Reason::kInvalidArgument)) << address;
  }
}

TEST(ListenTest, SaysWhatToDoAboutAnAddressOfAnotherHost) {
  EXPECT_THAT(Listen("192.0.2.1:0"),
              IsError(Reason::kFileUnusable, HasSubstr("not one of this host's")));
}

TEST(ListenTest, Ipv6StandsInBrackets) {
  const auto socket = Listen("[::1]:0");
  if (!socket && socket.error().reason() == Reason::kFileUnusable) {
    GTEST_SKIP() << "this machine has no IPv6: " << socket.error().detail();
  }
  ASSERT_THAT(socket, IsOk());
  EXPECT_NE(socket->port, 0);
}

}  // namespace
}  // namespace certbroker::agent
