// service/rpc/caller.h: who is on the other end of a call.
#pragma once

#include <optional>

#include <grpcpp/server_context.h>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"

namespace certbroker::rpc {

enum class Role { kAgent, kOperator };

struct Caller {
  CallerId id;
  Role role = Role::kAgent;

  // Whose objects the caller may see: an agent its own, an operator all.
  std::optional<AgentId> scope() const {
    return role == Role::kAgent ? std::optional<AgentId>(id) : std::nullopt;
  }
};

// Which identity a listener gives to its peers. Thread-safe.
class CallerResolver {
 public:
  virtual ~CallerResolver() = default;
  virtual Result<Caller> Resolve(const grpc::ServerContextBase& context) const = 0;
};

// The agents' listener: the single URI SAN of the client certificate that TLS has verified,
// as long as its dates hold.
// kIdentityInvalid.
class MutualTlsCallers final : public CallerResolver {
 public:
  explicit MutualTlsCallers(const Clock& clock) : clock_(clock) {}
  Result<Caller> Resolve(const grpc::ServerContextBase& context) const override;

 private:
  const Clock& clock_;
};

// The operators' Unix socket: whoever may open it (file mode and owner decide) is "operator:local".
class LocalOperatorCallers final : public CallerResolver {
 public:
  Result<Caller> Resolve(const grpc::ServerContextBase& context) const override;
};

// kOperatorOnly for agents.
Result<void> RequireOperator(const Caller& caller);

}  // namespace certbroker::rpc
