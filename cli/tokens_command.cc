#include "cli/tokens_command.h"

#include <array>
#include <limits>
#include <map>

#include "certbroker/v1/agent_admin.grpc.pb.h"
#include "cli/join_token_text.h"
#include "cli/paging.h"
#include "cli/resource_name.h"
#include "client/join_token.h"
#include "client/time_text.h"
#include "core/ids.h"
#include "pki/digest.h"

namespace certbroker::cli {
namespace {

using TokenStub = v1::AgentAdminService::StubInterface;

constexpr std::int64_t kShortestTtl = 60;
constexpr std::int64_t kLongestTtl = 30L * 24 * 3600;

Secret MakeJoinSecret(Random& random) {
  std::string octets(client::kJoinSecretOctets, '\0');
  random.Fill({reinterpret_cast<std::uint8_t*>(octets.data()), octets.size()});
  return Secret(std::move(octets));
}

// The line of what the service answered and the secret that only this program has.
Result<Secret> LineOf(const v1::CreateJoinTokenResponse& created, Secret secret) {
  client::JoinLine line;
  line.addresses.assign(created.addresses().begin(), created.addresses().end());
  line.ca_sha256 = ToBytes(AsBytes(created.server_ca_sha256()));
  const auto id = JoinTokenId::Parse(IdOf(kJoinTokens, created.join_token().name()));
  if (!id) return Error(Reason::kInternal, "the service gave the join token no name");
  line.id = *id;
  line.secret = std::move(secret);
  line.expire_time = client::ToTime(created.join_token().expire_time());
  return client::ComposeJoinLine(line);
}

}  // namespace

TokensCommand::TokensCommand(CLI::App& app)
    : command_(app.add_subcommand("tokens", "Join tokens: one host's way in, once")),
      create_command_(command_->add_subcommand(
          "create", "Make one, and print the line to run on the agent's host")),
      list_command_(command_->add_subcommand("list", "Newest first, used and expired ones too")),
      delete_command_(command_->add_subcommand("delete", "Nobody gets in with it any more")) {
  command_->require_subcommand(1);
  create_command_
      ->add_option("--agent", agent_, "web-01, or the whole spiffe://TRUST-DOMAIN/agent/web-01")
      ->required();
  const std::map<std::string, std::int64_t> units = {
      {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 24 * 3600}};
  create_command_
      ->add_option("--ttl", ttl_seconds_, "How long it lets the host in: 60s to 30d; default: 1h")
      ->transform(CLI::AsNumberWithUnit(
          units, CLI::AsNumberWithUnit::Options(CLI::AsNumberWithUnit::CASE_SENSITIVE |
                                                CLI::AsNumberWithUnit::UNIT_REQUIRED)))
      ->check(CLI::Range(kShortestTtl, kLongestTtl))
      ->type_name("DURATION");
  delete_command_->add_option("token", token_, "Its name or id, as `tokens list` shows it")
      ->required();
}

int TokensCommand::Run(const ServiceLink& link) const {
  if (create_command_->parsed()) return Create(link);
  if (delete_command_->parsed()) return Delete(link);
  return List(link);
}

int TokensCommand::Create(const ServiceLink& link) const {
  const auto stub = v1::AgentAdminService::NewStub(link.channel);
  Secret secret = MakeJoinSecret(link.random);
  v1::CreateJoinTokenRequest request;
  request.set_request_id(Uuid::V7(link.clock.Now(), link.random).ToString());
  request.set_agent(IdOf(kAgents, agent_));
  request.set_secret_sha256(std::string(AsText(pki::Sha256(AsBytes(secret.ExposeForUse())))));
  request.set_ttl_seconds(ttl_seconds_);
  const auto created = link.calls.Unary<TokenStub>(*stub, &TokenStub::CreateJoinToken, request);
  if (!created) return link.Fail(created.error());
  const auto line = LineOf(*created, std::move(secret));
  if (!line) return link.Fail(line.error());
  if (link.output == client::OutputFormat::kJson) {
    const auto json = JoinTokenJson(created->join_token(), line->ExposeForUse());
    if (!json) return link.Fail(json.error());
    client::PrintOut(*json);
    return client::kExitDone;
  }
  client::PrintAside(JoinFactsText(*created, link.clock.Now()));
  client::PrintOut(JoinCommandText(line->ExposeForUse()));
  return client::kExitDone;
}

int TokensCommand::List(const ServiceLink& link) const {
  const auto stub = v1::AgentAdminService::NewStub(link.channel);
  const auto list = CollectPages<v1::ListJoinTokensResponse>(
      v1::ListJoinTokensRequest(), std::numeric_limits<int>::max(),
      [&](const auto& request) {
        return link.calls.Unary<TokenStub>(*stub, &TokenStub::ListJoinTokens, request);
      },
      [](v1::ListJoinTokensResponse& page) { return page.mutable_join_tokens(); });
  if (!list) return link.Fail(list.error());
  return link.Show(*list, [&](const v1::ListJoinTokensResponse& shown) {
    return JoinTokensText(shown, link.clock.Now());
  });
}

int TokensCommand::Delete(const ServiceLink& link) const {
  const auto stub = v1::AgentAdminService::NewStub(link.channel);
  v1::DeleteJoinTokenRequest request;
  request.set_name(WithCollection(kJoinTokens, token_));
  const auto done = link.calls.Unary<TokenStub>(*stub, &TokenStub::DeleteJoinToken, request);
  if (!done) return link.Fail(done.error());
  return link.Show(*done, [&](const auto&) {
    return "Deleted: nobody joins with " + Printable(request.name()) + " any more.\n";
  });
}

}  // namespace certbroker::cli
