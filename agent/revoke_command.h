// agent/revoke_command.h: `revoke`: has the CA revoke a certificate, and waits until it has.
#pragma once

#include <filesystem>
#include <string>

#include "agent/command_context.h"
#include "agent/revocation_watch.h"

namespace certbroker::agent {

class RevokeCommand {
 public:
  explicit RevokeCommand(CLI::App& app);
  bool given() const { return command_->parsed(); }
  int Run(const CommandContext& context) const;

 private:
  Result<v1::RevokeCertificateRequest> MakeRequest(const ServiceLink& service) const;
  Result<RevokedVersion> Revoke(const ServiceLink& service) const;

  CLI::App* command_;
  std::string reason_;
  std::filesystem::path out_;
  std::string certificate_;
  std::filesystem::path file_;
  long timeout_seconds_ = 600;
};

}  // namespace certbroker::agent
