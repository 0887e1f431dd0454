#include "client/channel.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "certbroker/v1/order.grpc.pb.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_certificates.h"

namespace certbroker::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

class ChannelTest : public ::testing::Test {
 protected:
  ChannelTest() : leaf_(MakeTestLeaf(&ca_)) {}

  std::filesystem::path Write(const std::string& name, const std::string& text) {
    std::filesystem::path path = std::filesystem::path(dir_.path()) / name;
    std::ofstream(path) << text;
    return path;
  }
  IdentityFiles Files() {
    return {.ca = Write("ca.pem", ca_.ToPem()),
            .identity = Write("id.pem", leaf_.ToPem()),
            .identity_key = Write("id.key", leaf_.KeyToPem())};
  }
  std::unique_ptr<grpc::Server> Serve(const std::string& address, int* port) {
    grpc::SslServerCredentialsOptions tls(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = ca_.ToPem();
    tls.pem_key_cert_pairs.push_back({leaf_.KeyToPem(), leaf_.ToPem()});
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::SslServerCredentials(tls), port);
    // One service belongs to one server for ever.
    services_.push_back(std::make_unique<grpc::CallbackGenericService>());
    builder.RegisterCallbackGenericService(services_.back().get());
    return builder.BuildAndStart();
  }

  const TempDir dir_;
  const TestCertificate ca_ = MakeTestCa();
  const TestCertificate leaf_;
  std::vector<std::unique_ptr<grpc::CallbackGenericService>> services_;
};

// gRPC's default is to look the name up again, and so to try again, after half a minute.
TEST_F(ChannelTest, FindsAServiceThatComesBackSoon) {
  int port = 0;
  auto server = Serve("127.0.0.1:0", &port);
  ASSERT_NE(server, nullptr);
  server->Shutdown();
  server.reset();
  const std::string address = "127.0.0.1:" + std::to_string(port);
  const auto channel = Connect(address, Files());
  ASSERT_THAT(channel, IsOk());
  const auto orders = v1::OrderService::NewStub(*channel);
  const auto reached = [&] {
    grpc::ClientContext context;
    v1::Order order;
    return orders->GetOrder(&context, {}, &order).error_code() != grpc::StatusCode::UNAVAILABLE;
  };
  // The first look-up is free; it is those after it that are put off.
  const auto back = system_clock::now() + seconds{1};
  while (system_clock::now() < back) {
    EXPECT_FALSE(reached());
    std::this_thread::sleep_for(milliseconds{50});
  }

  server = Serve(address, &port);

  ASSERT_NE(server, nullptr);
  const auto deadline = system_clock::now() + seconds{5};
  while (!reached() && system_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds{50});
  }
  EXPECT_TRUE(reached());
  server->Shutdown(system_clock::now());
}

}  // namespace
}  // namespace certbroker::client
