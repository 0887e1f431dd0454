// agent/command_context.h: what every command of certbroker-agent is given.
#pragma once

#include <memory>
#include <string_view>

#include <CLI/CLI.hpp>

#include "agent/interrupt.h"
#include "agent/service_link.h"
#include "client/channel.h"
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
  const std::string& server() const { return server_; }
  const client::IdentityFiles& files() const { return files_; }

 private:
  std::string server_;
  client::IdentityFiles files_;
  std::string format_ = "text";
};

struct CommandContext {
  const GlobalOptions& options;
  const Interrupt& interrupt;
  Clock& clock;
  Random& random;

  // The connection that the options describe. Errors: as client::Connect.
  Result<std::unique_ptr<ServiceLink>> Service() const;
  // Prints why the command failed; its exit code.
  int Failed(const Error& error) const;
};

}  // namespace certbroker::agent
