// cli/explain_command.h: `certbroker explain`: may this agent have a certificate for these names?
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/service_link.h"

namespace certbroker::cli {

class ExplainCommand {
 public:
  // `app` parses into this object, so it must stay where it is.
  explicit ExplainCommand(CLI::App& app);
  ExplainCommand(const ExplainCommand&) = delete;
  ExplainCommand& operator=(const ExplainCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Prints the decision; kExitDone when it is allowed, kExitFailed when it is not or cannot be
  // said.
  int Run(const ServiceLink& link) const;

 private:
  CLI::App* command_;
  std::string agent_;
  std::vector<std::string> names_;
  std::string issuer_;
  std::string profile_;
  std::vector<std::string> fallback_issuers_;
  std::string key_type_;
  std::vector<std::string> challenges_;
};

}  // namespace certbroker::cli
