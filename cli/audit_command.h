// cli/audit_command.h: `certbroker audit keyuse` and `verify`: what account keys were used for, and
// whether the record of it is whole.
#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/paging.h"
#include "cli/service_link.h"

namespace certbroker::cli {

class AuditCommand {
 public:
  // `app` parses into this object, so it must stay where it is.
  explicit AuditCommand(CLI::App& app);
  AuditCommand(const AuditCommand&) = delete;
  AuditCommand& operator=(const AuditCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Blocks. Prints; the exit code. kExitFailed without an error: the record is not whole, and what
  // was printed says where.
  int Run(const ServiceLink& link) const;

 private:
  int KeyUse(const ServiceLink& link) const;
  int Verify(const ServiceLink& link) const;

  CLI::App* command_;
  CLI::App* key_use_command_;
  CLI::App* verify_command_;
  std::string order_;
  std::string agent_;
  std::string key_;
  int limit_ = kDefaultLimit;
  std::string contains_;  // "NUMBER:SHA256"
};

}  // namespace certbroker::cli
