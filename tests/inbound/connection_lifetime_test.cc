#include "inbound/connection_lifetime.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "core/unique_fd.h"

namespace certbroker::inbound {
namespace {

using std::chrono::milliseconds;

// Two ends of one connection; reading waits for 10 s at most.
struct Connection {
  Connection() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    server = UniqueFd(ends[0]);
    client = UniqueFd(ends[1]);
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  // Whether the server's end is shut down, at once or while we wait.
  bool Ends() const {
    char octet = 0;
    return ::read(client.get(), &octet, 1) == 0;
  }

  UniqueFd server;
  UniqueFd client;
};

TEST(ConnectionLifetimeTest, EndsEveryConnectionAfterTheLimit) {
  ConnectionLifetime lifetime(milliseconds{20});
  const Connection first;
  const Connection second;
  lifetime.Begin(first.server.get());
  lifetime.Begin(second.server.get());

  EXPECT_TRUE(first.Ends());
  EXPECT_TRUE(second.Ends());
}

TEST(ConnectionLifetimeTest, LeavesAConnectionThatHasEndedAlone) {
  ConnectionLifetime lifetime(milliseconds{20});
  const Connection over;
  const Connection later;
  lifetime.Begin(over.server.get());
  lifetime.End(over.server.get());
  lifetime.Begin(later.server.get());
  ASSERT_TRUE(later.Ends());  // so the first one's time is over too

  EXPECT_EQ(::write(over.server.get(), "x", 1), 1);
}

}  // namespace
}  // namespace certbroker::inbound
