#include "agent/tls_challenge_server.h"

#include <sys/socket.h>

#include <chrono>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "agent/listen_option.h"
#include "pki/pem_chain.h"
#include "tests/agent/tls_client.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/scripted_ca/tls_look.h"
#include "tests/support/result_matchers.h"

namespace certbroker::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t kSecondLoopback = 0x7F000002;
const std::string kAlpnThumbprint(43, 't');
const std::string kAcme =
    "\x0A"
    "acme-tls/1";
const std::string kHttp =
    "\x02"
    "h2"
    "\x08"
    "http/1.1";

Challenge AlpnChallenge(const std::string& token, const std::string& identifier = "a.test") {
  return {.order = "orders/1",
          .identifier = identifier,
          .token = token,
          .key_authorization = token + "." + kAlpnThumbprint,
          .type = ChallengeType::kTlsAlpn01};
}

// What a CA that is not ours finds.
scripted_ca::Verdict Validated(const Challenge& challenge, std::uint16_t port) {
  const bool address = Identifier::Parse(challenge.identifier)->is_ip();
  return scripted_ca::ShakeHands({.type = "tls-alpn-01",
                                  .identifier = {address ? "ip" : "dns", challenge.identifier},
                                  .token = challenge.token,
                                  .key_authorization = challenge.key_authorization,
                                  .account_url = {},
                                  .asked = {}},
                                 "127.0.0.1", port);
}

class TlsChallengeServerTest : public ::testing::Test {
 protected:
  void SetUp() override { Start("127.0.0.1:0"); }

  void Start(std::string_view own, milliseconds connection_limit = seconds{60}) {
    server_.reset();
    auto socket = Listen(own, ChallengeType::kTlsAlpn01);
    ASSERT_THAT(socket, IsOk());
    auto server = TlsChallengeServer::Start(
        std::move(*socket), clock_,
        [this](const Challenge& challenge, const std::string& address) {
          const MutexLock lock(mutex_);
          fetches_.push_back(challenge.token + " by " + address);
          changed_.NotifyAll();
        },
        connection_limit);
    ASSERT_THAT(server, IsOk());
    server_ = std::move(*server);
    ASSERT_THAT(server_->Present(AlpnChallenge("tok")), IsOk());
  }

  TlsOutcome Shake(const TlsOffer& offer = {}) const {
    const UniqueFd connection = ConnectTo(server_->port());
    EXPECT_TRUE(connection.valid());
    return ShakeHands(connection, offer);
  }
  // Waits for the first.
  std::vector<std::string> Fetches() EXCLUDES(mutex_) {
    const SteadyTime deadline = SystemClock().Tick() + seconds{10};
    const MutexLock lock(mutex_);
    while (fetches_.empty() && changed_.WaitUntil(mutex_, deadline)) {
    }
    return fetches_;
  }

  FakeClock clock_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::vector<std::string> fetches_ GUARDED_BY(mutex_);
  std::unique_ptr<TlsChallengeServer> server_;
};

// RFC 8737 §3, §4.
TEST_F(TlsChallengeServerTest, ShowsTheCertificateOfTheNameAndEndsTheConnection) {
  const TlsOutcome outcome = Shake();

  ASSERT_TRUE(outcome.complete);
  EXPECT_EQ(outcome.protocol, "acme-tls/1");
  EXPECT_TRUE(outcome.closed);
  const auto chain = pki::ParsePemChain(outcome.certificate_pem);
  ASSERT_THAT(chain, IsOk());
  EXPECT_THAT(chain->front().dns_names(), ElementsAre("a.test"));
  EXPECT_LT(chain->front().not_before(), clock_.Now());
  EXPECT_THAT(Fetches(), ElementsAre("tok by 127.0.0.1"));
}

// RFC 8738 §6 for the addresses.
TEST_F(TlsChallengeServerTest, AValidatorThatIsNotOursIsConvinced) {
  for (const char* identifier : {"a.test", "xn--bcher-kva.test", "192.0.2.1", "2001:db8::1"}) {
    const Challenge challenge = AlpnChallenge("tok-2", identifier);
    ASSERT_THAT(server_->Present(challenge), IsOk());
    const auto verdict = Validated(challenge, server_->port());
    EXPECT_FALSE(verdict.has_value()) << identifier << ": " << verdict->detail;
  }
}

TEST_F(TlsChallengeServerTest, TheAnswerToAnotherKeyAuthorizationDoesNotConvince) {
  Challenge other = AlpnChallenge("tok");
  other.key_authorization.back() = 'u';

  const auto verdict = Validated(other, server_->port());

  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->type, "incorrectResponse");
}

// RFC 8737 §4.
TEST_F(TlsChallengeServerTest, SpeaksTls12AndNewer) {
  EXPECT_TRUE(Shake({.version = TLS1_2_VERSION}).complete);
  EXPECT_TRUE(Shake({.version = TLS1_3_VERSION}).complete);

  const TlsOutcome older = Shake({.version = TLS1_1_VERSION});
  EXPECT_FALSE(older.complete);
  EXPECT_EQ(older.alert, SSL_AD_PROTOCOL_VERSION);
}

TEST_F(TlsChallengeServerTest, RefusesWhoDoesNotOfferTheProtocol) {
  for (const std::string& protocols : {std::string(), kHttp,
                                       "\x0B"
                                       "acme-tls/10" +
                                           kHttp,
                                       std::string("\x0A"
                                                   "ACME-TLS/1")}) {
    const TlsOutcome outcome = Shake({.protocols = protocols});
    EXPECT_FALSE(outcome.complete) << protocols;
    EXPECT_EQ(outcome.alert, SSL_AD_NO_APPLICATION_PROTOCOL) << protocols;
  }
}

TEST_F(TlsChallengeServerTest, ChoosesTheProtocolAmongOthers) {
  EXPECT_EQ(Shake({.protocols = kHttp + kAcme}).protocol, "acme-tls/1");
}

TEST_F(TlsChallengeServerTest, RefusesNamesWithoutAChallenge) {
  for (const char* name : {"", "b.test", "x.a.test", "a.test.evil.test", "test", "127.0.0.1"}) {
    const TlsOutcome outcome = Shake({.server_name = name});
    EXPECT_FALSE(outcome.complete) << name;
    EXPECT_EQ(outcome.alert, SSL_AD_UNRECOGNIZED_NAME) << name;
  }
}

TEST_F(TlsChallengeServerTest, WhoDoesNotSpeakTheProtocolLearnsNoNames) {
  for (const char* name : {"a.test", "b.test"}) {
    EXPECT_EQ(Shake({.server_name = name, .protocols = kHttp}).alert,
              SSL_AD_NO_APPLICATION_PROTOCOL);
  }
}

TEST_F(TlsChallengeServerTest, TakesTheNameInAnyCase) {
  EXPECT_TRUE(Shake({.server_name = "A.Test"}).complete);
}

TEST_F(TlsChallengeServerTest, WhatIsRefusedIsNoFetch) {
  Shake({.server_name = "b.test"});
  Shake({.protocols = kHttp});
  ASSERT_TRUE(Shake().complete);

  EXPECT_THAT(Fetches(), ElementsAre("tok by 127.0.0.1"));
}

TEST_F(TlsChallengeServerTest, WhatIsRemovedIsNoLongerAnswered) {
  EXPECT_EQ(server_->presented(), 1U);
  ASSERT_THAT(server_->Remove("tok"), IsOk());
  EXPECT_THAT(server_->Remove("never-presented"), IsOk());

  EXPECT_EQ(server_->presented(), 0U);
  EXPECT_EQ(Shake().alert, SSL_AD_UNRECOGNIZED_NAME);
}

TEST_F(TlsChallengeServerTest, OfTwoOrdersForANameTheNewerOneIsAnswered) {
  const Challenge newer = AlpnChallenge("newer");
  ASSERT_THAT(server_->Present(newer), IsOk());
  EXPECT_FALSE(Validated(newer, server_->port()).has_value());

  ASSERT_THAT(server_->Remove("newer"), IsOk());
  EXPECT_FALSE(Validated(AlpnChallenge("tok"), server_->port()).has_value());
}

TEST_F(TlsChallengeServerTest, PresentingTwiceIsPresentingOnce) {
  const std::string before = Shake().certificate_pem;
  ASSERT_THAT(server_->Present(AlpnChallenge("tok")), IsOk());

  EXPECT_EQ(server_->presented(), 1U);
  EXPECT_EQ(Shake().certificate_pem, before);
}

TEST_F(TlsChallengeServerTest, RefusesWhatNoCertificateCanAnswer) {
  EXPECT_THAT(server_->Present(AlpnChallenge("other", "*.a.test")),
              IsError(Reason::kChallengeUnsupported, HasSubstr("wildcard")));
  EXPECT_THAT(server_->Present(AlpnChallenge("other", "no name")), IsError(Reason::kNameInvalid));
  Challenge challenge = AlpnChallenge("other");
  challenge.key_authorization = "<script>";
  EXPECT_THAT(server_->Present(challenge), IsError(Reason::kInvalidArgument));
  EXPECT_EQ(server_->presented(), 1U);
}

TEST_F(TlsChallengeServerTest, IdleConnectionsKeepNobodyOut) {
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 300; ++i) idle.push_back(ConnectTo(server_->port()));

  EXPECT_TRUE(Shake().complete);
  EXPECT_TRUE(ClosesBeforeLong(idle.front()));
}

TEST_F(TlsChallengeServerTest, HalfAHandshakeKeepsNobodyOut) {
  // The head of a ClientHello that never comes.
  std::vector<UniqueFd> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(ConnectTo(server_->port()));
    ASSERT_EQ(::send(slow.back().get(), "\x16\x03\x01\x02", 4, MSG_NOSIGNAL), 4);
  }

  EXPECT_FALSE(Validated(AlpnChallenge("tok"), server_->port()).has_value());
}

TEST_F(TlsChallengeServerTest, OneAddressDisplacesItsOwnConnectionsOnly) {
  Start("0.0.0.0:0");
  const UniqueFd bystander = ConnectTo(server_->port());
  std::vector<UniqueFd> greedy;
  for (int i = 0; i < 17; ++i) greedy.push_back(ConnectTo(server_->port(), kSecondLoopback));

  EXPECT_TRUE(ClosesBeforeLong(greedy.front()));
  EXPECT_TRUE(ShakeHands(greedy[1], {}).complete);
  EXPECT_TRUE(ShakeHands(bystander, {}).complete);
}

TEST_F(TlsChallengeServerTest, OctetsDoNotProlongAConnection) {
  Start("127.0.0.1:0", milliseconds{200});
  const UniqueFd slow = ConnectTo(server_->port());
  // A record of 16 KiB, octet by octet.
  ASSERT_EQ(::send(slow.get(), "\x16\x03\x01\x40\x00", 5, MSG_NOSIGNAL), 5);
  const std::jthread dripping([&slow](const std::stop_token& stop) {
    while (!stop.stop_requested() && ::send(slow.get(), "x", 1, MSG_NOSIGNAL) == 1) {
      std::this_thread::sleep_for(milliseconds{10});
    }
  });

  EXPECT_TRUE(ClosesBeforeLong(slow));
}

TEST_F(TlsChallengeServerTest, WhatIsNoTlsEndsItsOwnConnectionOnly) {
  const UniqueFd confused = ConnectTo(server_->port());
  const std::string_view request = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
  ASSERT_GT(::send(confused.get(), request.data(), request.size(), MSG_NOSIGNAL), 0);

  EXPECT_TRUE(ClosesBeforeLong(confused));
  EXPECT_TRUE(Shake().complete);
}

TEST_F(TlsChallengeServerTest, EndsAtOnceWhateverIsConnected) {
  const UniqueFd idle = ConnectTo(server_->port());
  const std::string address = "127.0.0.1:" + std::to_string(server_->port());
  EXPECT_THAT(Listen(address, ChallengeType::kTlsAlpn01),
              IsError(Reason::kFileUnusable, HasSubstr("acme-tls/1")));

  server_.reset();

  EXPECT_TRUE(ClosesBeforeLong(idle));
  EXPECT_THAT(Listen(address, ChallengeType::kTlsAlpn01), IsOk());
}

TEST(TlsListenTest, AMalformedAddressNamesTheOptionAndThePort) {
  EXPECT_THAT(Listen("localhost", ChallengeType::kTlsAlpn01),
              IsError(Reason::kInvalidArgument,
                      ::testing::AllOf(HasSubstr("--tls-listen"), HasSubstr(":443"))));
}

}  // namespace
}  // namespace certbroker::agent
