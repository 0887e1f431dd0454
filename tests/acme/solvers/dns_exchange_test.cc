// DnsExchange and Resolver against name servers that misbehave.
#include "acme/solvers/dns_exchange.h"

#include <fstream>

#include "acme/solvers/dns_message.h"
#include "acme/solvers/resolver.h"
#include "tests/acme/solvers/stub_server.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kServFail = 2;
constexpr std::uint8_t kTruncated = 0x02;

class DnsExchangeTest : public ::testing::Test {
 protected:
  Result<Bytes> Ask(const StubServer& server, milliseconds within = seconds{10}) {
    const Bytes query = *QueryMessage("a.example", RecordType::kTxt, exchange_.NewId(), false);
    return exchange_.Ask(server.address(), query, clock_.Tick() + within);
  }
  Result<DnsReply> Query(std::vector<ServerAddress> servers) {
    return Resolver({.resolvers = std::move(servers), .server_timeout = milliseconds{400}},
                    exchange_)
        .Query("a.example", RecordType::kTxt, clock_.Tick() + seconds{10});
  }

  SystemClock clock_;
  SystemRandom random_;
  DnsExchange exchange_{clock_, random_};
};

TEST_F(DnsExchangeTest, TakesTheAnswerOverUdp) {
  const StubServer server([](ByteView request, bool) { return EmptyAnswer(request, 0); });
  EXPECT_THAT(Ask(server), IsOk());
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(DnsExchangeTest, GoesOverToTcpWhenTheAnswerIsCutOff) {
  const StubServer server([](ByteView request, bool over_tcp) {
    return EmptyAnswer(request, 0, over_tcp ? 0 : kTruncated);
  });
  const auto reply = Ask(server);
  ASSERT_THAT(reply, IsOk());
  EXPECT_FALSE(IsTruncated(*reply));
}

TEST_F(DnsExchangeTest, GoesOverToTcpWhenUdpIsSilent) {
  const StubServer server([](ByteView request, bool over_tcp) -> std::optional<Bytes> {
    if (!over_tcp) return std::nullopt;
    return EmptyAnswer(request, 0);
  });
  EXPECT_THAT(Ask(server, seconds{2}), IsOk());
}

TEST_F(DnsExchangeTest, AsksAgainWhenADatagramIsLost) {
  int seen = 0;
  const StubServer server([&](ByteView request, bool) -> std::optional<Bytes> {
    if (++seen == 1) return std::nullopt;
    return EmptyAnswer(request, 0);
  });
  EXPECT_THAT(Ask(server, seconds{2}), IsOk());
}

TEST_F(DnsExchangeTest, PassesOverAnswersToOtherQuestions) {
  const StubServer server([](ByteView request, bool over_tcp) {
    Bytes reply = EmptyAnswer(request, 0);
    if (!over_tcp) reply[1] ^= 1U;
    return reply;
  });
  const auto reply = Ask(server, seconds{2});
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(server.requests(), 3) << "twice over UDP, then over TCP";
}

TEST_F(DnsExchangeTest, ReturnsByTheDeadline) {
  const StubServer server([](ByteView, bool) { return std::nullopt; });
  const auto begin = clock_.Tick();
  EXPECT_THAT(Ask(server, milliseconds{400}),
              IsError(Reason::kDnsUnavailable, HasSubstr("in time")));
  EXPECT_LT(clock_.Tick() - begin, milliseconds{900});
}

TEST_F(DnsExchangeTest, TheResolverAsksTheNextServerWhenOneFails) {
  const StubServer failing([](ByteView request, bool) { return EmptyAnswer(request, kServFail); });
  const StubServer working([](ByteView request, bool) { return EmptyAnswer(request, 3); });
  const auto reply = Query({failing.address(), working.address()});
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->rcode, Rcode::kNxDomain);
}

TEST_F(DnsExchangeTest, TheResolverTellsWhatEachServerSaid) {
  const StubServer failing([](ByteView request, bool) { return EmptyAnswer(request, kServFail); });
  const StubServer silent([](ByteView, bool) { return std::nullopt; });
  const StubServer garbled([](ByteView request, bool) {
    Bytes reply = EmptyAnswer(request, 0);
    reply[7] = 1;  // an answer that is not there
    return reply;
  });
  EXPECT_THAT(Query({failing.address(), silent.address(), garbled.address()}),
              IsError(Reason::kDnsUnavailable, AllOf(HasSubstr("SERVFAIL"), HasSubstr("in time"),
                                                     HasSubstr("no DNS message"))));
}

TEST(ResolvConfTest, NamesTheSystemsServers) {
  const TempDir dir;
  const std::string path = dir.path() + "/resolv.conf";
  std::ofstream(path) << "# comment\nsearch example.com\nnameserver 192.0.2.1\n"
                         "nameserver fe80::1%eth0\nnameserver 2001:db8::1\n";
  const auto servers = ServersOfResolvConf(path);
  ASSERT_THAT(servers, IsOk());
  EXPECT_EQ(*servers, (std::vector<ServerAddress>{{.ip = "192.0.2.1"}, {.ip = "2001:db8::1"}}));
  EXPECT_THAT(ServersOfResolvConf("/nonexistent"), IsError(Reason::kConfigInvalid));
}

}  // namespace
}  // namespace certbroker::acme
