// cli/tokens_command.h: `certbroker tokens create`, `list` and `delete`: what hosts join with.
#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "certbroker/v1/agent_admin.pb.h"
#include "cli/service_link.h"
#include "core/secret.h"

namespace certbroker::cli {

class TokensCommand {
 public:
  // `app` parses into this object, so it must stay where it is.
  explicit TokensCommand(CLI::App& app);
  TokensCommand(const TokensCommand&) = delete;
  TokensCommand& operator=(const TokensCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Prints; the program's exit code. Of `create` nothing but the line to paste is on standard
  // output; the facts are on standard error.
  int Run(const ServiceLink& link) const;

 private:
  int Create(const ServiceLink& link) const;
  int List(const ServiceLink& link) const;
  int Delete(const ServiceLink& link) const;

  CLI::App* command_;
  CLI::App* create_command_;
  CLI::App* list_command_;
  CLI::App* delete_command_;
  std::string agent_;
  std::int64_t ttl_seconds_ = 3600;
  std::string token_;
};

}  // namespace certbroker::cli
