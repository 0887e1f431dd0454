// agent/cancel_command.h: `cancel`: gives up the request that is under way in a certificate's
// folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agent/command_context.h"

namespace certbroker::agent {

// What was given up; nothing of it for a folder in which nothing was under way.
struct GivenUp {
  std::string order;  // "orders/{order}"; empty: the service had none
  std::string names;  // for people
};

// Ends the order of the folder's pending request and forgets the request with its key. What is
// installed stays. Errors: kOrderFinal (too late: the CA may be signing, or has issued; request and
// key are kept), what the service says, kFileUnusable.
Result<std::optional<GivenUp>> CancelIn(const ServiceLink& service,
                                        const std::filesystem::path& out);

class CancelCommand {
 public:
  explicit CancelCommand(CLI::App& app);
  bool given() const { return command_->parsed(); }
  int Run(const CommandContext& context) const;

 private:
  CLI::App* command_;
  std::filesystem::path out_;
};

}  // namespace certbroker::agent
