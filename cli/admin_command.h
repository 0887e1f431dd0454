// cli/admin_command.h: `certbroker admin agent-cas list`, `prepare`, `activate`, `taint` and
// `revoke`: the life of the CA that makes agents' identities.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "certbroker/v1/agent_admin.grpc.pb.h"
#include "cli/service_link.h"

namespace certbroker::cli {

class AdminCommand {
 public:
  // `app` parses into this object, so it must stay where it is.
  explicit AdminCommand(CLI::App& app);
  AdminCommand(const AdminCommand&) = delete;
  AdminCommand& operator=(const AdminCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Prints; the program's exit code.
  int Run(const ServiceLink& link) const;

 private:
  int ListCas(const ServiceLink& link) const;
  int PrepareCa(const ServiceLink& link) const;
  template <class Request>
  int ShowCa(const ServiceLink& link,
             grpc::Status (v1::AgentAdminService::StubInterface::*method)(grpc::ClientContext*,
                                                                          const Request&,
                                                                          v1::AgentCa*),
             const Request& request) const;
  template <class Request>
  Request Named() const;
  CLI::App* AddStep(const std::string& verb, const std::string& description);

  CLI::App* command_;
  CLI::App* cas_command_;
  CLI::App* list_command_;
  CLI::App* prepare_command_;
  CLI::App* activate_command_;
  CLI::App* taint_command_;
  CLI::App* revoke_command_;
  std::string key_uri_;
  std::string agent_ca_;
};

}  // namespace certbroker::cli
