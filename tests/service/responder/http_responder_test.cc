#include "service/responder/http_responder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "core/unique_fd.h"
#include "tests/fakes/capture_log.h"
#include "tests/support/result_matchers.h"

namespace certbroker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class MapLookup final : public ChallengeLookup {
 public:
  Result<std::optional<std::string>> KeyAuthorizationFor(const Identifier& name,
                                                         std::string_view token) override {
    if (failure) return *failure;
    asked.push_back(name.ToString() + " " + std::string(token));
    const auto found = answers.find({name.ToString(), std::string(token)});
    if (found == answers.end()) return std::optional<std::string>();
    return std::optional(found->second);
  }

  std::map<std::pair<std::string, std::string>, std::string> answers;
  std::vector<std::string> asked;
  std::optional<Error> failure;
};

UniqueFd ConnectTo(int port) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return UniqueFd();
  return socket;
}

bool SendAll(const UniqueFd& socket, std::string_view text) {
  return ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

// Until the server closes; nothing: it did not within 10 s.
std::optional<std::string> ReadToEnd(const UniqueFd& socket) {
  std::string answer;
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::recv(socket.get(), buffer.data(), buffer.size(), 0)) > 0)
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  if (got < 0 && errno == EAGAIN) return std::nullopt;
  return answer;
}

class HttpResponderTest : public ::testing::Test {
 protected:
  HttpResponderTest() {
    lookup_.answers[{"www.example.org", "tok-1"}] = "tok-1.thumbprint";
    auto started = HttpResponder::Start("127.0.0.1:0", lookup_, log_);
    EXPECT_THAT(started, IsOk());
    if (started) responder_ = *std::move(started);
  }

  // Everything that comes back for the octets.
  std::string Send(const std::string& request) const {
    const UniqueFd socket = ConnectTo(responder_->port());
    if (!socket.valid()) return "no connection";
    EXPECT_TRUE(SendAll(socket, request));
    return ReadToEnd(socket).value_or("the connection stays open");
  }
  std::string Get(const std::string& path, const std::string& host = "www.example.org") const {
    return Send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  }

  MapLookup lookup_;
  CaptureLog log_;
  std::unique_ptr<HttpResponder> responder_;
};

// RFC 8555 §8.3.
TEST_F(HttpResponderTest, AnswersATokenUnderItsName) {
  const std::string answer = Get("/.well-known/acme-challenge/tok-1");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, ::testing::EndsWith("\r\n\r\ntok-1.thumbprint"));
  EXPECT_THAT(Get("/.well-known/acme-challenge/tok-1", "WWW.example.org:80"), HasSubstr(" 200 "));
}

TEST_F(HttpResponderTest, AnswersNoOtherName) {
  EXPECT_THAT(Get("/.well-known/acme-challenge/tok-1", "other.example.org"), HasSubstr(" 404 "));
  EXPECT_THAT(Get("/.well-known/acme-challenge/tok-1", ""), HasSubstr(" 404 "));
}

TEST_F(HttpResponderTest, LooksNothingUpThatIsNoToken) {
  for (const std::string path :
       {"/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/../../etc/passwd",
        "/.well-known/acme-challenge/a%2fb", "/.well-known/acme-challenge/tok'1",
        "/.well-known/acme-challenge/tok-1/", "/other/tok-1"}) {
    EXPECT_THAT(Get(path), HasSubstr(" 404 ")) << path;
  }
  EXPECT_THAT(Get("/.well-known/acme-challenge/" + std::string(513, 'a')), Not(HasSubstr(" 200 ")));
  EXPECT_TRUE(lookup_.asked.empty());
}

TEST_F(HttpResponderTest, OtherMethodsAreNotFound) {
  EXPECT_THAT(Send("DELETE /.well-known/acme-challenge/tok-1 HTTP/1.1\r\nHost: "
                   "www.example.org\r\n\r\n"),
              HasSubstr(" 404 "));
  EXPECT_TRUE(lookup_.asked.empty());
}

TEST_F(HttpResponderTest, WithoutADatabaseTheCaIsToComeAgain) {
  lookup_.failure = Error(Reason::kDatabaseUnavailable, "gone");
  EXPECT_THAT(Get("/.well-known/acme-challenge/tok-1"), HasSubstr(" 503 "));
}

TEST_F(HttpResponderTest, AnAddressThatIsTakenIsAnError) {
  const auto second =
      HttpResponder::Start("127.0.0.1:" + std::to_string(responder_->port()), lookup_, log_);
  EXPECT_THAT(second, IsError(Reason::kConfigInvalid, HasSubstr("cannot listen")));
}

TEST_F(HttpResponderTest, ListensOnNumericAddressesOnly) {
  EXPECT_THAT(HttpResponder::Start("localhost:0", lookup_, log_),
              IsError(Reason::kConfigInvalid, HasSubstr("[responder] listen")));
}

TEST_F(HttpResponderTest, OctetsDoNotProlongAConnection) {
  const auto responder =
      HttpResponder::Start("127.0.0.1:0", lookup_, log_, std::chrono::milliseconds{200});
  ASSERT_THAT(responder, IsOk());
  const UniqueFd slow = ConnectTo((*responder)->port());
  ASSERT_TRUE(SendAll(slow, "GET / HTTP/1.1\r\nX: "));
  // Far more often than any timeout in whole seconds, until the responder has had enough.
  const std::jthread dripping([&slow](const std::stop_token& stop) {
    while (!stop.stop_requested() && SendAll(slow, "x")) {
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  });

  EXPECT_TRUE(ReadToEnd(slow).has_value());
}

}  // namespace
}  // namespace certbroker
