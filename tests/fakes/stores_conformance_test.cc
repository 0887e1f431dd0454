#include "tests/conformance/store_fixture.h"
#include "tests/fakes/fake_database.h"

namespace certbroker {
namespace {

class FakeHarness final : public StoreHarness {
 public:
  OrderStore& orders() override { return database_.orders(); }
  OrderQueue& queue() override { return database_.queue(); }
  ChallengeBoard& board() override { return database_.board(); }
  ChallengeQueue& challenges() override { return database_.challenges(); }
  CertificateStore& certificates() override { return database_.certificates(); }
  RevocationQueue& revocations() override { return database_.revocations(); }
  RenewalQueue& renewals() override { return database_.renewals(); }
  AbandonedAuthorizations& abandoned() override { return database_.abandoned(); }
  AccountStore& accounts() override { return database_.accounts(); }
  AgentStore& agents() override { return database_.agents(); }
  AgentCaStore& agent_cas() override { return database_.agent_cas(); }
  ChangeFeed& feed() override { return database_.feed(); }
  void Advance(std::chrono::milliseconds by) override { clock_.Advance(by); }
  void BreakFeed() override { database_.feed().Reconnect(); }

 private:
  FakeClock clock_;
  FakeDatabase database_{clock_};
};

}  // namespace

StoreBackend TestedStore() {
  return {"Fake", [] { return std::make_unique<FakeHarness>(); }};
}

}  // namespace certbroker
