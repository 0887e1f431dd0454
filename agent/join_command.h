// agent/join_command.h: `join`: makes this host an agent, with the token that an operator made.
#pragma once

#include <filesystem>
#include <string>

#include "agent/command_context.h"
#include "agent/identity_store.h"
#include "client/join_token.h"

namespace certbroker::agent {

class JoinCommand {
 public:
  explicit JoinCommand(CLI::App& app);
  bool given() const { return command_->parsed(); }
  int Run(const CommandContext& context) const;

 private:
  // From the command line, a file, or standard input. kFileUnusable, kJoinTokenInvalid.
  Result<client::JoinLine> ReadToken() const;

  CLI::App* command_;
  std::string token_;
  std::filesystem::path token_file_;
  bool replace_ = false;
};

// What `join` prints: which service, as whom, for how long.
std::string JoinedText(const HostIdentity& identity, const Bytes& ca_sha256);

}  // namespace certbroker::agent
