// cli/certificates_command.h: `certbroker certificates list` and `show`.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "cli/paging.h"
#include "cli/service_link.h"

namespace certbroker::cli {

class CertificatesCommand {
 public:
  // `app` parses into this object, so it must stay where it is.
  explicit CertificatesCommand(CLI::App& app);
  CertificatesCommand(const CertificatesCommand&) = delete;
  CertificatesCommand& operator=(const CertificatesCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Prints; the program's exit code.
  int Run(const ServiceLink& link) const;

 private:
  int List(const ServiceLink& link) const;
  int ShowOne(const ServiceLink& link) const;

  CLI::App* command_;
  CLI::App* list_command_;
  CLI::App* show_command_;
  std::string certificate_;
  std::string identifier_;
  int limit_ = kDefaultLimit;
};

}  // namespace certbroker::cli
