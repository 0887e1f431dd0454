#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "tests/fakes/scripted_ca/listener.h"
#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

// Answers each request with the same body, one connection after the other.
class AnsweringServer {
 public:
  AnsweringServer() {
    auto listener = Listener::Bind("127.0.0.1:0");
    port_ = listener->port();
    fd_ = listener->Release();
    // The listener's descriptors do not block; this thread does.
    ::fcntl(fd_, F_SETFL, 0);
    thread_ = std::thread([this] { Run(); });
  }
  ~AnsweringServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }

  void Answer(const std::string& body) {
    const MutexLock lock(mutex_);
    body_ = body;
  }
  std::string request() const {
    const MutexLock lock(mutex_);
    return request_;
  }
  std::uint16_t port() const { return port_; }

 private:
  void Run() {
    while (true) {
      const int connection = ::accept(fd_, nullptr, nullptr);
      if (connection < 0) return;
      std::array<char, 4096> buffer{};
      const ssize_t size = ::recv(connection, buffer.data(), buffer.size(), 0);
      std::string answer;
      {
        const MutexLock lock(mutex_);
        request_.assign(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        answer = "HTTP/1.0 200 OK\r\n\r\n" + body_;
      }
      ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(connection);
    }
  }

  mutable Mutex mutex_;
  std::string body_ GUARDED_BY(mutex_);
  std::string request_ GUARDED_BY(mutex_);
  std::uint16_t port_ = 0;
  int fd_ = -1;
  std::thread thread_;
};

class ValidationTest : public ScriptedCaTest {
 protected:
  void SetUp() override {
    options_.validation = Validation::kFetch;
    options_.validation_address = "127.0.0.1";
    options_.http_port = web_.port();
    Start();
    authorization_url_ = client_->NewOrder({"a.example.com"}).json()["authorizations"][0];
    challenge_ = client_->Post(authorization_url_, "").json()["challenges"][0];
  }

  std::string KeyAuthorization() const {
    return challenge_["token"].get<std::string>() + "." + client_->key().Thumbprint();
  }

  // The authorization when the CA has made up its mind.
  Json Poked() {
    client_->Post(challenge_["url"], "{}");
    while (true) {
      Json authorization = client_->Post(authorization_url_, "").json();
      if (authorization["status"] != "pending") return authorization;
      std::this_thread::yield();
    }
  }

  AnsweringServer web_;
  std::string authorization_url_;
  Json challenge_;
};

// RFC 8555 §8.3.
TEST_F(ValidationTest, FetchesTheKeyAuthorizationOverHttp) {
  web_.Answer(KeyAuthorization() + "\r\n");

  EXPECT_EQ(Poked()["status"], "valid");

  EXPECT_THAT(web_.request(), ::testing::StartsWith("GET /.well-known/acme-challenge/" +
                                                    challenge_["token"].get<std::string>()));
  EXPECT_THAT(web_.request(), ::testing::HasSubstr("Host: a.example.com\r\n"));
}

TEST_F(ValidationTest, RefusesAnotherContent) {
  web_.Answer("something else");

  const Json authorization = Poked();

  EXPECT_EQ(authorization["status"], "invalid");
  EXPECT_EQ(authorization["challenges"][0]["error"]["type"],
            "urn:ietf:params:acme:error:incorrectResponse");
}

}  // namespace
}  // namespace certbroker::scripted_ca
