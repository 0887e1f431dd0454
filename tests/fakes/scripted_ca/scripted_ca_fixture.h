// tests/fakes/scripted_ca/scripted_ca_fixture.h: a scripted CA and a client that trusts it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/random.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/scripted_ca/raw_client.h"
#include "tests/fakes/scripted_ca/scripted_ca.h"

namespace certbroker::scripted_ca {

class ScriptedCaTest : public ::testing::Test {
 protected:
  // Tests move the clock; what they then send should be refused for what they did.
  ScriptedCaTest() { options_.nonce_lifetime = std::chrono::hours{24 * 365}; }

  // Once per test, after `options` are set. The client has an account when `registered`.
  void Start(bool registered = true) {
    auto started = ScriptedCa::Start(options_, clock_, random_);
    ASSERT_TRUE(started) << started.error().ToString();
    ca_ = *std::move(started);
    client_ = NewClient(ClientKey::P256());
    if (registered) {
      ASSERT_EQ(client_->Register().status, 201);
    }
  }

  std::unique_ptr<RawClient> NewClient(ClientKey key) {
    return std::make_unique<RawClient>(ca_->directory_url(), ca_->tls_root_pem(), std::move(key));
  }

  // An order for the names whose authorizations are all valid.
  Json ReadyOrder(const std::vector<std::string>& names, const Json& more = Json::object()) {
    const Reply placed = client_->NewOrder(names, more);
    EXPECT_EQ(placed.status, 201) << placed.body;
    client_->Prove(placed.json());
    return client_->Post(placed.Header("location"), "").json();
  }

  Reply FinalizeWith(const Json& order, const std::vector<std::string>& names) {
    return client_->Finalize(order, MakeCsr(ClientKey::P256(), names));
  }

  void Add(Endpoint endpoint, Action action) {
    ca_->script().Add({.endpoint = endpoint, .action = std::move(action)});
  }

  FakeClock clock_;
  SystemRandom random_;
  Options options_;
  std::unique_ptr<ScriptedCa> ca_;
  std::unique_ptr<RawClient> client_;
};

}  // namespace certbroker::scripted_ca
