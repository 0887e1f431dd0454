// agent/leave_command.h: `leave`: removes this host's identity.
#pragma once

#include "agent/command_context.h"
#include "agent/identity_store.h"

namespace certbroker::agent {

class LeaveCommand {
 public:
  explicit LeaveCommand(CLI::App& app);
  bool given() const { return command_->parsed(); }
  int Run(const CommandContext& context) const;

 private:
  CLI::App* command_;
};

// The identity that was removed; nothing: there was none. The service is not asked: certificates,
// orders and the agent itself stay there. kFileUnusable; also while another command uses it.
Result<std::optional<HostIdentity>> Leave(const IdentityStore& store);

}  // namespace certbroker::agent
