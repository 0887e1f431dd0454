// agent/status_command.h: `status`: this agent's certificates, and how their orders are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/certificate_folder.h"
#include "agent/command_context.h"

namespace certbroker::agent {

// A certificate and its latest order.
struct CertificateStatus {
  v1::Certificate certificate;
  v1::Order order;
};

// All of this agent's, newest first; with `only` just that one ("certificates/{certificate}").
// Errors: what the service says.
Result<std::vector<CertificateStatus>> ReadStatus(const ServiceLink& service,
                                                  const std::string& only);

// One row each, and below the table why the orders that failed did.
std::string StatusText(const std::vector<CertificateStatus>& statuses);

class StatusCommand {
 public:
  explicit StatusCommand(CLI::App& app);
  bool given() const { return command_->parsed(); }
  int Run(const CommandContext& context) const;

 private:
  CLI::App* command_;
  std::filesystem::path out_;
};

}  // namespace certbroker::agent
