// tests/service/engine/rollover_fixture.h: an engine whose CA checks every signature: the scripted
// one, without its sockets. The account is VALID there; a spare key waits.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/random.h"
#include "tests/fakes/scripted_ca/ca.h"
#include "tests/service/engine/engine_fixture.h"

namespace certbroker::engine {

class RolloverFixture : public EngineFixture {
 protected:
  RolloverFixture() : RolloverFixture(scripted_ca::Options()) {}
  explicit RolloverFixture(scripted_ca::Options options);

  static scripted_ca::Options Sound(scripted_ca::Options options);

  Account Stored() { return *database_.accounts().Get(kAccount); }
  AccountKey Present() { return OneKey::KeyOf(*signer_); }
  AccountKey Spare() { return OneKey::KeyOf(*spare_); }
  // Puts the roll-over to the spare on record.
  void Want();
  // The registrar's next look, after the pause that it asked for.
  void Round(std::chrono::milliseconds pause = std::chrono::seconds{61});
  // A registrar that knows nothing, after the leases of the one before have run out.
  void RestartRegistrar();

  void Script(scripted_ca::Endpoint endpoint, scripted_ca::Action action, std::uint64_t times = 1);
  // RFC 7638, of the key that the CA knows the account by.
  std::string KeyAtCa();
  // Whether the CA takes a request of that key: its own word, not its memory.
  bool CaTakes(FakeSigner& key);
  std::size_t Uses(const FakeSigner& key, SignaturePurpose purpose) const;
  // Runs inside the exchange, when the CA has acted and nobody knows yet.
  void WhenActed(scripted_ca::Endpoint endpoint, std::function<void()> what);

  SystemRandom dice_;
  scripted_ca::Ca full_ca_;
  std::shared_ptr<FakeSigner> spare_ = std::make_shared<FakeSigner>(clock_);
  std::unique_ptr<AccountRegistrar> registrar_;

 private:
  Result<HttpResponse> Deliver(const HttpRequest& request);
  void MakeAccountAtCa();

  scripted_ca::Endpoint acting_ = scripted_ca::Endpoint::kUnknown;
  std::function<void()> when_acted_;
};

}  // namespace certbroker::engine
