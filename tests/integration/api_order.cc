#include "tests/integration/api_order.h"

#include <thread>

#include <gtest/gtest.h>

#include "certbroker/v1/certificate.grpc.pb.h"
#include "client/channel.h"
#include "core/clock.h"
#include "core/ids.h"
#include "core/random.h"
#include "tests/support/made_csr.h"

namespace certbroker {
namespace {

using nlohmann::json;

v1::IssueCertificateRequest RequestFor(const ApiWish& wish) {
  SystemClock clock;
  SystemRandom random;
  v1::IssueCertificateRequest request;
  request.set_request_id(Uuid::V7(clock.Now(), random).ToString());
  request.set_csr_der(std::string(AsText(MadeCsr(wish.names))));
  for (const std::string& name : wish.names) request.add_identifiers(name);
  request.set_issuer("issuers/" + wish.issuer);
  for (const std::string& issuer : wish.fallback_issuers) {
    request.add_fallback_issuers("issuers/" + issuer);
  }
  request.set_profile(wish.profile);
  request.set_profile_preferred(wish.profile_preferred);
  return request;
}

// The order's name; empty: refused.
std::string Place(const DevStack& stack, const v1::IssueCertificateRequest& request) {
  const auto channel = client::Connect(stack.Text("/agent/address"),
                                       {.ca = stack.Text("/agent/ca"),
                                        .identity = stack.Text("/identities/0/certificate"),
                                        .identity_key = stack.Text("/identities/0/key")});
  EXPECT_TRUE(channel.has_value());
  if (!channel) return {};
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds{20});
  v1::Order order;
  const grpc::Status status =
      v1::CertificateService::NewStub(*channel)->IssueCertificate(&context, request, &order);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return order.name();
}

}  // namespace

json OrderOverApi(const DevStack& stack, const ApiWish& wish) {
  client::PrepareProcess();
  const std::string name = Place(stack, RequestFor(wish));
  if (name.empty()) return {};
  json order;
  for (int i = 0; i < 600 && !order.contains("end_time"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    order = json::parse(stack.Operator({"orders", "show", name, "-o", "json"}).out, nullptr, false);
  }
  EXPECT_TRUE(order.contains("end_time")) << order.dump(2);
  return order;
}

}  // namespace certbroker
