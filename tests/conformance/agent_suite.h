// tests/conformance/agent_suite.h: the steps that bring an agent somewhere, for the suites of
// AgentStore.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "tests/conformance/store_fixture.h"

namespace certbroker {

class AgentSuite : public StoreSuite {
 protected:
  using StoreSuite::StoreSuite;

  static constexpr auto kLifetime = 24h;

  static AgentId IdOf(const std::string& name) {
    return AgentId("spiffe://example.org/agent/" + name);
  }
  // As a digest of something that `of` stands for.
  static Bytes Digest(char of) { return Bytes(32, static_cast<std::uint8_t>(of)); }

  JoinToken NewToken(const std::string& agent) {
    return {.id = NewId<JoinTokenId>(),
            .agent = IdOf(agent),
            .secret_sha256 = Digest('s'),
            .create_time = {},
            .expire_time = {}};
  }
  JoinToken MakeToken(const std::string& agent, std::chrono::milliseconds lifetime = 1h) {
    return Must(agents().CreateToken(NewToken(agent), lifetime, NewRequest("operator:local")));
  }
  // Redeems the token for a key.
  Result<NewIdentity> Redeem(const JoinToken& token, char key = 'k') {
    return agents().Redeem(
        {.token = token.id, .secret_sha256 = token.secret_sha256, .spki_sha256 = Digest(key)},
        kLifetime);
  }
  // An agent that has joined and uses what it got.
  NewIdentity Join(const std::string& agent, char key = 'k') {
    NewIdentity identity = Must(Redeem(MakeToken(agent), key));
    Must(agents().RecordUse(identity.agent, identity.number));
    return identity;
  }
  Result<NewIdentity> Renew(const NewIdentity& shown) {
    return agents().Renew(shown.agent, shown.number, kLifetime);
  }
  Result<Agent> Ban(const std::string& agent, const std::string& reason = "stolen") {
    return agents().SetState(IdOf(agent), AgentState::kBanned, reason);
  }
  Result<Agent> Unban(const std::string& agent) {
    return agents().SetState(IdOf(agent), AgentState::kActive, "");
  }

  // `run(i)` for every i below `count`, all at once.
  template <class Run>
  static void AtOnce(int count, const Run& run) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back([&run, i] { run(i); });
  }
};

}  // namespace certbroker
