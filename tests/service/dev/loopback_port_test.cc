#include "service/dev/loopback_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/fakes/fake_random.h"
#include "tests/support/result_matchers.h"

namespace certbroker::dev {
namespace {

// As a server does it.
UniqueFd Listen(std::uint16_t port, bool reuse_address) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = reuse_address ? 1 : 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(fd.get(), 5) != 0) {
    return {};
  }
  return fd;
}

TEST(LoopbackPortTest, AServerMayListenOnAReservedPort) {
  FakeRandom random;
  const auto port = LoopbackPort::Reserve(random);
  ASSERT_THAT(port, IsOk());
  EXPECT_FALSE(SomethingListens(port->number()));

  const UniqueFd server = Listen(port->number(), true);

  EXPECT_TRUE(server.valid());
  EXPECT_TRUE(SomethingListens(port->number()));
  EXPECT_EQ(port->address(), "127.0.0.1:" + std::to_string(port->number()));
}

TEST(LoopbackPortTest, NobodyElseGetsAReservedPort) {
  // The same seed: both would take the same port first.
  FakeRandom random(7);
  FakeRandom same_random(7);
  const auto first = LoopbackPort::Reserve(random);
  const auto second = LoopbackPort::Reserve(same_random);

  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(first->number(), second->number());
  EXPECT_FALSE(Listen(first->number(), false).valid());
}

TEST(LoopbackPortTest, IsOutsideTheRangeOfOutgoingConnections) {
  FakeRandom random;
  for (int i = 0; i < 20; ++i) {
    const auto port = LoopbackPort::Reserve(random);
    ASSERT_THAT(port, IsOk());
    EXPECT_GE(port->number(), 1024);
    EXPECT_LT(port->number(), 32768);
  }
}

TEST(LoopbackPortTest, IsFreeAgainWhenTheReservationEnds) {
  FakeRandom random;
  std::uint16_t number = 0;
  {
    const auto port = LoopbackPort::Reserve(random);
    ASSERT_THAT(port, IsOk());
    number = port->number();
  }

  EXPECT_TRUE(Listen(number, false).valid());
}

}  // namespace
}  // namespace certbroker::dev
