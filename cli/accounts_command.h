// cli/accounts_command.h: `certbroker accounts create`, `update`, `rollover`, `deactivate`, `keys`
// and `list`.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "certbroker/v1/account.grpc.pb.h"
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
  int Update(const ServiceLink& link) const;
  int Deactivate(const ServiceLink& link) const;
  int RollOver(const ServiceLink& link) const;
  int Keys(const ServiceLink& link) const;
  int List(const ServiceLink& link) const;
  // Until nothing of it is pending any more.
  Result<v1::Account> Wait(const ServiceLink& link, v1::AccountService::StubInterface& stub,
                           const v1::Account& account) const;
  // With --wait: when the CA has answered.
  int ShowWhenDone(const ServiceLink& link, v1::AccountService::StubInterface& stub,
                   Result<v1::Account> account) const;
  void AddName(CLI::App& command);
  void AddWait(CLI::App& command);

  CLI::App* command_;
  CLI::App* create_command_;
  CLI::App* update_command_;
  CLI::App* deactivate_command_;
  CLI::App* rollover_command_;
  CLI::App* keys_command_;
  CLI::App* list_command_;
  std::string issuer_;
  std::string id_ = "main";
  std::vector<std::string> contacts_;
  std::string key_uri_;
  bool agree_tos_ = false;
  bool no_contacts_ = false;
  bool for_ever_ = false;
  bool dry_run_ = false;
  bool wait_ = false;
  int timeout_seconds_ = 60;
};

}  // namespace certbroker::cli
