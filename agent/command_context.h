// agent/command_context.h: what every command of certbroker-agent is given.
#pragma once

#include <memory>
#include <string_view>

#include <CLI/CLI.hpp>

#include "agent/identity_store.h"
#include "agent/interrupt.h"
#include "agent/service_access.h"
#include "agent/service_link.h"
#include "client/report.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::agent {

inline constexpr std::string_view kProgram = "certbroker-agent";

// The options of every command. Each but --output has an environment variable.
class GlobalOptions {
 public:
  void AddTo(CLI::App& app);

  client::OutputFormat format() const {
    return format_ == "json" ? client::OutputFormat::kJson : client::OutputFormat::kText;
  }
  const AccessOptions& access() const { return access_; }

 private:
  AccessOptions access_;
  std::string format_ = "text";
};

struct CommandContext {
  const GlobalOptions& options;
  const Interrupt& interrupt;
  Clock& clock;
  Random& random;

  // The connection that the options and the state folder describe. Errors: as AccessFinder.
  Result<std::unique_ptr<ServiceLink>> Service() const;
  // Where this host's identity is. kInvalidArgument: nobody says where.
  Result<IdentityStore> Store() const;
  // After a command whose session was told that the identity is to be replaced, when its connection
  // is gone. A failure is told and does no harm: the next command tries again.
  void ReplaceIdentity() const;
  // Prints why the command failed; its exit code.
  int Failed(const Error& error) const;
  // Prints what does not keep the command from running.
  void Warn(std::string_view text) const;
};

}  // namespace certbroker::agent
