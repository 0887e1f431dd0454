// service/rpc/caller.h: who is on the other end of a call.
#pragma once

#include <optional>

#include <grpcpp/server_context.h>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"
#include "service/identity/peer_judge.h"
#include "service/identity/use_recorder.h"
#include "service/rpc/refusal_log.h"

namespace certbroker::rpc {

enum class Role { kAgent, kOperator };

struct Caller {
  CallerId id;
  Role role = Role::kAgent;
  std::optional<identity::Peer> peer = {};  // of agents

  // Whose objects the caller may see: an agent its own, an operator all.
  std::optional<AgentId> scope() const {
    return role == Role::kAgent ? std::optional<AgentId>(id) : std::nullopt;
  }
};

// Which identity a listener gives to its peers. Thread-safe; does not block.
class CallerResolver {
 public:
  virtual ~CallerResolver() = default;
  virtual Result<Caller> Resolve(const grpc::ServerContextBase& context) const = 0;
};

// The agents' listener: the single URI SAN of the client certificate, judged at every call.
// kClockSkew, kVersionSkew, and as PeerJudge::Judge.
class MutualTlsCallers final : public CallerResolver {
 public:
  // References are kept.
  MutualTlsCallers(const identity::PeerJudge& judge, identity::UseRecorder& uses,
                   const Clock& clock, Log& log)
      : judge_(judge), uses_(uses), clock_(clock), refusals_(clock, log) {}

  Result<Caller> Resolve(const grpc::ServerContextBase& context) const override;
  // For renewing the identity an expired one may do.
  Result<Caller> ResolveForRenewal(const grpc::ServerContextBase& context) const;

 private:
  Result<Caller> ResolveFor(identity::Purpose purpose,
                            const grpc::ServerContextBase& context) const;
  Result<Caller> Look(identity::Purpose purpose, const grpc::ServerContextBase& context) const;

  const identity::PeerJudge& judge_;
  identity::UseRecorder& uses_;
  const Clock& clock_;
  mutable RefusalLog refusals_;
};

// The operators' Unix socket: whoever may open it (file mode and owner decide) is "operator:local".
class LocalOperatorCallers final : public CallerResolver {
 public:
  Result<Caller> Resolve(const grpc::ServerContextBase& context) const override;
};

// kOperatorOnly for agents.
Result<void> RequireOperator(const Caller& caller);

}  // namespace certbroker::rpc
