#include "cli/admin_command.h"

#include "cli/agent_ca_text.h"
#include "cli/resource_name.h"

namespace certbroker::cli {
namespace {

using AdminStub = v1::AgentAdminService::StubInterface;

}  // namespace

AdminCommand::AdminCommand(CLI::App& app)
    : command_(app.add_subcommand("admin", "The service's own affairs")),
      cas_command_(command_->add_subcommand(
          "agent-cas", "The CAs that make agents' identities: prepare, activate, taint, revoke")),
      list_command_(cas_command_->add_subcommand("list", "All there are and have been")),
      prepare_command_(cas_command_->add_subcommand(
          "prepare", "Make another one, with a provisioned key; it signs nothing yet")),
      activate_command_(
          AddStep("activate", "Have this one sign from now on; the one before is retired")),
      taint_command_(AddStep("taint", "Have agents replace at once what this retired one signed")),
      revoke_command_(AddStep("revoke", "Refuse what this one signed, at once")) {
  command_->require_subcommand(1);
  cas_command_->require_subcommand(1);
  prepare_command_->add_option("--key", key_uri_, "PKCS#11 URI of its key")
      ->required()
      ->type_name("URI");
}

CLI::App* AdminCommand::AddStep(const std::string& verb, const std::string& description) {
  CLI::App* command = cas_command_->add_subcommand(verb, description);
  command->add_option("agent-ca", agent_ca_, "Its name or id, as `agent-cas list` shows it")
      ->required();
  return command;
}

template <class Request>
Request AdminCommand::Named() const {
  Request request;
  request.set_name(WithCollection(kAgentCas, agent_ca_));
  return request;
}

int AdminCommand::Run(const ServiceLink& link) const {
  if (list_command_->parsed()) return ListCas(link);
  if (prepare_command_->parsed()) return PrepareCa(link);
  if (activate_command_->parsed()) {
    return ShowCa(link, &AdminStub::ActivateAgentCa, Named<v1::ActivateAgentCaRequest>());
  }
  if (taint_command_->parsed()) {
    return ShowCa(link, &AdminStub::TaintAgentCa, Named<v1::TaintAgentCaRequest>());
  }
  return ShowCa(link, &AdminStub::RevokeAgentCa, Named<v1::RevokeAgentCaRequest>());
}

int AdminCommand::ListCas(const ServiceLink& link) const {
  const auto stub = v1::AgentAdminService::NewStub(link.channel);
  const auto list =
      link.calls.Unary<AdminStub>(*stub, &AdminStub::ListAgentCas, v1::ListAgentCasRequest());
  if (!list) return link.Fail(list.error());
  return link.Show(*list, [&](const v1::ListAgentCasResponse& shown) {
    return AgentCasText(shown, link.clock.Now());
  });
}

int AdminCommand::PrepareCa(const ServiceLink& link) const {
  v1::PrepareAgentCaRequest request;
  request.set_key_uri(key_uri_);
  return ShowCa(link, &AdminStub::PrepareAgentCa, request);
}

template <class Request>
int AdminCommand::ShowCa(const ServiceLink& link,
                         grpc::Status (AdminStub::*method)(grpc::ClientContext*, const Request&,
                                                           v1::AgentCa*),
                         const Request& request) const {
  const auto stub = v1::AgentAdminService::NewStub(link.channel);
  const auto ca = link.calls.Unary<AdminStub>(*stub, method, request);
  if (!ca) return link.Fail(ca.error());
  return link.Show(*ca,
                   [&](const v1::AgentCa& shown) { return AgentCaText(shown, link.clock.Now()); });
}

}  // namespace certbroker::cli
