// The agents' listener speaks TLS 1.3 with clients of the agents' CA, and nothing else.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "tests/service/rpc/rpc_fixture.h"

namespace certbroker::rpc {
namespace {

class TlsTest : public RpcTest {
 protected:
  grpc::Status AskWith(const grpc::SslCredentialsOptions& options) {
    return TestClient(agents_address(), grpc::SslCredentials(options)).GetOrder("orders/x").status;
  }

  // The handshake of a client that speaks this version only, with a good certificate.
  bool ShakesHandsIn(int version) {
    const TestCertificate leaf = MakeTestLeaf(
        &ca(),
        {.subject_alt_name = std::string("URI:") + kWeb01, .extended_key_usage = "clientAuth"});
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_use_certificate(context.get(), leaf.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), leaf.key.get());
    constexpr unsigned char kHttp2[] = {2, 'h', '2'};
    SSL_CTX_set_alpn_protos(context.get(), kHttp2, sizeof kHttp2);

    const int connected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(server().agents_port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(connected, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context.get()), SSL_free);
    SSL_set_fd(session.get(), connected);
    const bool shaken = SSL_connect(session.get()) == 1;
    close(connected);
    return shaken;
  }
};

TEST_F(TlsTest, OnlyTls13IsSpoken) {
  EXPECT_TRUE(ShakesHandsIn(TLS1_3_VERSION));
  EXPECT_FALSE(ShakesHandsIn(TLS1_2_VERSION));
  EXPECT_FALSE(ShakesHandsIn(TLS1_1_VERSION));
}

TEST_F(TlsTest, AClientWithoutACertificateIsRefused) {
  EXPECT_EQ(AskWith({.pem_root_certs = ca().ToPem(), .pem_private_key = {}, .pem_cert_chain = {}})
                .error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, CertificatesOfOthersAndOldOnesAreRefused) {
  const TestCertificate stranger_ca = MakeTestCa();
  const LeafOptions good = {.subject_alt_name = std::string("URI:") + kWeb01,
                            .extended_key_usage = "clientAuth"};
  LeafOptions old = good;
  old.expired = true;
  for (const TestCertificate& leaf :
       {MakeTestLeaf(&stranger_ca, good), MakeTestLeaf(nullptr, good), MakeTestLeaf(&ca(), old)}) {
    EXPECT_EQ(AskWith({.pem_root_certs = ca().ToPem(),
                       .pem_private_key = leaf.KeyToPem(),
                       .pem_cert_chain = leaf.ToPem()})
                  .error_code(),
              grpc::StatusCode::UNAVAILABLE);
  }
}

TEST_F(TlsTest, PlainTextIsRefused) {
  EXPECT_EQ(TestClient(agents_address(), grpc::InsecureChannelCredentials())
                .GetOrder("orders/x")
                .status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace certbroker::rpc
