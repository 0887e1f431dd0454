#include "service/rpc/connection_acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "tests/service/rpc/rpc_fixture.h"
#include "tests/support/result_matchers.h"

namespace certbroker::rpc {
namespace {

using ::testing::HasSubstr;

// Connections that say nothing, as from a port scanner with patience.
class Crowd {
 public:
  Crowd(int port, int size) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < size; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (fd < 0) break;
      sockets_.push_back(fd);
      if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) break;
    }
  }
  ~Crowd() {
    for (const int fd : sockets_) ::close(fd);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  std::vector<int> sockets_;
};

class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{limit, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &low);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

class ConnectionAcceptorTest : public RpcTest {
 protected:
  static int PortOf(const std::string& address) {
    return std::stoi(address.substr(address.rfind(':') + 1));
  }
};

// T41: the descriptors that the database and the HSM need are not the crowd's to take, and the
// listener lives on.
TEST_F(ConnectionAcceptorTest, ACrowdWithoutCertificatesDoesNotEndTheService) {
  const DescriptorLimit limit(600);
  StartServer(Listeners(), Deps());
  {
    const Crowd crowd(PortOf(agents_address()), 250);
    const int spare = ::dup(STDIN_FILENO);
    EXPECT_GE(spare, 0) << "nothing was left for anybody else";
    ::close(spare);
  }
  EXPECT_THAT(Agent().List(v1::ListOrdersRequest()).status, IsAnswered());
}

TEST_F(ConnectionAcceptorTest, APortInUseIsNamedWithTheReason) {
  auto first = ConnectionAcceptor::Listen("127.0.0.1:0", log());
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(ConnectionAcceptor::Listen("127.0.0.1:" + std::to_string((*first)->port()), log()),
              IsError(Reason::kConfigInvalid, HasSubstr("Address already in use")));
}

TEST_F(ConnectionAcceptorTest, ListensOnIpv6AndIpv4Together) {
  const auto both = ConnectionAcceptor::Listen("[::]:0", log());
  ASSERT_THAT(both, IsOk());
  EXPECT_GT((*both)->port(), 0);
}

TEST_F(ConnectionAcceptorTest, AnAddressThatIsNotThisHostsIsRefused) {
  EXPECT_THAT(ConnectionAcceptor::Listen("192.0.2.1:8443", log()),
              IsError(Reason::kConfigInvalid, HasSubstr("192.0.2.1:8443")));
}

}  // namespace
}  // namespace certbroker::rpc
