#include "cli/agents_command.h"

#include <limits>

#include "cli/agent_text.h"
#include "cli/paging.h"
#include "cli/resource_name.h"

namespace certbroker::cli {
namespace {

using AgentStub = v1::AgentAdminService::StubInterface;

}  // namespace

AgentsCommand::AgentsCommand(CLI::App& app)
    : command_(app.add_subcommand("agents", "The hosts that may ask for certificates")),
      list_command_(command_->add_subcommand("list", "All that have joined or were banned")),
      get_command_(AddOne("get", "One agent: its state, why it is banned, its identity")),
      ban_command_(
          AddOne("ban", "Refuse every call of it and end its streams; its certificates stay")),
      unban_command_(AddOne("unban", "Take a ban back")),
      delete_command_(AddOne("delete",
                             "Forget it: its identities count no more; it may join again with a "
                             "new token")) {
  command_->require_subcommand(1);
  ban_command_->add_option("--reason", reason_, "For people, the agent's too; at most 200 octets");
}

CLI::App* AgentsCommand::AddOne(const std::string& verb, const std::string& description) {
  CLI::App* command = command_->add_subcommand(verb, description);
  command->add_option("agent", agent_, "web-01, agents/web-01 or the whole SPIFFE ID")->required();
  return command;
}

std::string AgentsCommand::Name() const {
  return agent_.starts_with("spiffe://") ? agent_ : WithCollection(kAgents, agent_);
}

int AgentsCommand::Run(const ServiceLink& link) const {
  if (list_command_->parsed()) return List(link);
  if (ban_command_->parsed()) return Ban(link);
  if (delete_command_->parsed()) return Delete(link);
  if (unban_command_->parsed()) {
    return ShowAnswer(link, &AgentStub::UnbanAgent, v1::UnbanAgentRequest());
  }
  return ShowAnswer(link, &AgentStub::GetAgent, v1::GetAgentRequest());
}

template <class Request>
int AgentsCommand::ShowAnswer(const ServiceLink& link,
                              grpc::Status (AgentStub::*method)(grpc::ClientContext*,
                                                                const Request&, v1::Agent*),
                              Request request) const {
  const auto stub = v1::AgentAdminService::NewStub(link.channel);
  request.set_name(Name());
  const auto agent = link.calls.Unary<AgentStub>(*stub, method, request);
  if (!agent) return link.Fail(agent.error());
  return link.Show(*agent,
                   [&](const v1::Agent& shown) { return AgentText(shown, link.clock.Now()); });
}

int AgentsCommand::Ban(const ServiceLink& link) const {
  v1::BanAgentRequest request;
  request.set_reason(reason_);
  return ShowAnswer(link, &AgentStub::BanAgent, std::move(request));
}

int AgentsCommand::Delete(const ServiceLink& link) const {
  const auto stub = v1::AgentAdminService::NewStub(link.channel);
  v1::DeleteAgentRequest request;
  request.set_name(Name());
  const auto done = link.calls.Unary<AgentStub>(*stub, &AgentStub::DeleteAgent, request);
  if (!done) return link.Fail(done.error());
  return link.Show(*done, [&](const auto&) {
    return "Deleted: the identities of " + Printable(request.name()) +
           " count no more. Its certificates and orders stay on record.\n";
  });
}

int AgentsCommand::List(const ServiceLink& link) const {
  const auto stub = v1::AgentAdminService::NewStub(link.channel);
  const auto list = CollectPages<v1::ListAgentsResponse>(
      v1::ListAgentsRequest(), std::numeric_limits<int>::max(),
      [&](const auto& request) {
        return link.calls.Unary<AgentStub>(*stub, &AgentStub::ListAgents, request);
      },
      [](v1::ListAgentsResponse& page) { return page.mutable_agents(); });
  if (!list) return link.Fail(list.error());
  return link.Show(*list, [&](const v1::ListAgentsResponse& shown) {
    return AgentsText(shown, link.clock.Now());
  });
}

}  // namespace certbroker::cli
