// cli/accounts_command.h: `certbroker accounts create` and `list`.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/service_link.h"

namespace certbroker::cli {

class AccountsCommand {
 public:
  // `app` parses into this object, so it must stay where it is.
  explicit AccountsCommand(CLI::App& app);
  AccountsCommand(const AccountsCommand&) = delete;
  AccountsCommand& operator=(const AccountsCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Prints; the program's exit code.
  int Run(const ServiceLink& link) const;

 private:
  int Create(const ServiceLink& link) const;
  int List(const ServiceLink& link) const;

  CLI::App* command_;
  CLI::App* create_command_;
  CLI::App* list_command_;
  std::string issuer_;
  std::string id_ = "main";
  std::vector<std::string> contacts_;
  std::string key_uri_;
  bool agree_tos_ = false;
  bool wait_ = false;
  int timeout_seconds_ = 60;
};

}  // namespace certbroker::cli
