// cli/agents_command.h: `certbroker agents list`, `get`, `ban`, `unban` and `delete`.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "certbroker/v1/agent_admin.grpc.pb.h"
#include "cli/service_link.h"

namespace certbroker::cli {

class AgentsCommand {
 public:
  // `app` parses into this object, so it must stay where it is.
  explicit AgentsCommand(CLI::App& app);
  AgentsCommand(const AgentsCommand&) = delete;
  AgentsCommand& operator=(const AgentsCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Prints; the program's exit code.
  int Run(const ServiceLink& link) const;

 private:
  int List(const ServiceLink& link) const;
  int Ban(const ServiceLink& link) const;
  int Delete(const ServiceLink& link) const;
  template <class Request>
  int ShowAnswer(const ServiceLink& link,
                 grpc::Status (v1::AgentAdminService::StubInterface::*method)(grpc::ClientContext*,
                                                                              const Request&,
                                                                              v1::Agent*),
                 Request request) const;
  // What was typed, as the service takes it.
  std::string Name() const;
  CLI::App* AddOne(const std::string& verb, const std::string& description);

  CLI::App* command_;
  CLI::App* list_command_;
  CLI::App* get_command_;
  CLI::App* ban_command_;
  CLI::App* unban_command_;
  CLI::App* delete_command_;
  std::string agent_;
  std::string reason_;
};

}  // namespace certbroker::cli
