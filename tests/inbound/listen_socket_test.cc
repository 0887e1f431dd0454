#include "inbound/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

#include "tests/support/result_matchers.h"

namespace certbroker::inbound {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr ListenOption kOption{.name = "--x", .port = 80, .when_in_use = "ask it to go"};

TEST(ListenTest, TakesNumericAddressesWithAPortOnly) {
  for (const char* address : {"", "80", ":80", "127.0.0.1", "127.0.0.1:", "localhost:80", "::1:80",
                              "[::1]", "[127.0.0.1]:80", "127.0.0.1:65536", "127.0.0.1:x",
                              "127.0.0.1:-1", "[]:80", "127.0.0.1:80 "}) {
    EXPECT_THAT(Listen(address, kOption), IsError(Reason::kInvalidArgument, HasSubstr("--x")))
        << address;
  }
}

TEST(ListenTest, KnowsWhoCanReachIt) {
  EXPECT_TRUE(Listen("127.0.0.1:0", kOption).value().loopback);
  EXPECT_TRUE(Listen("127.9.9.9:0", kOption).value().loopback);
  EXPECT_FALSE(Listen("0.0.0.0:0", kOption).value().loopback);
}

TEST(ListenTest, SaysWhatToDoAboutAPortInUse) {
  const auto first = Listen("127.0.0.1:0", kOption);
  ASSERT_THAT(first, IsOk());

  EXPECT_THAT(
      Listen("127.0.0.1:" + std::to_string(first->port), kOption),
      IsError(Reason::kFileUnusable, AllOf(HasSubstr("in use"), HasSubstr("ask it to go"))));
}

TEST(ListenTest, SaysWhatToDoAboutAnAddressOfAnotherHost) {
  EXPECT_THAT(Listen("192.0.2.1:0", kOption),
              IsError(Reason::kFileUnusable, HasSubstr("not one of this host's")));
}

TEST(ListenTest, Ipv6StandsInBrackets) {
  const auto socket = Listen("[::1]:0", kOption);
  if (!socket && socket.error().reason() == Reason::kFileUnusable) {
    GTEST_SKIP() << "this machine has no IPv6: " << socket.error().detail();
  }
  ASSERT_THAT(socket, IsOk());
  EXPECT_NE(socket->port, 0);
}

// Whatever net.ipv6.bindv6only says.
TEST(ListenTest, AllOfIpv6ServesIpv4Too) {
  const auto socket = Listen("[::]:0", kOption);
  if (!socket && socket.error().reason() == Reason::kFileUnusable) {
    GTEST_SKIP() << "this machine has no IPv6: " << socket.error().detail();
  }
  ASSERT_THAT(socket, IsOk());
  int only_v6 = -1;
  socklen_t size = sizeof(only_v6);
  ASSERT_EQ(::getsockopt(socket->fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, &size), 0);
  EXPECT_EQ(only_v6, 0);

  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(socket->port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&server), sizeof(server)), 0);
}

}  // namespace
}  // namespace certbroker::inbound
