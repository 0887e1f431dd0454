#include "agent/join_command.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "agent/durable_file.h"
#include "agent/joining.h"
#include "agent/json_output.h"
#include "agent/path_option.h"
#include "client/time_text.h"

namespace certbroker::agent {
namespace {

constexpr const char* kStandardInput = "-";

Result<Secret> ReadStandardInput() {
  // In one piece, because a growing string leaves copies behind.
  std::string text(client::kLongestJoinLine + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(STDIN_FILENO, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("reading", "standard input", errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return Secret(std::move(text));
}

Result<Secret> ReadTokenFile(const std::filesystem::path& path) {
  if (path == kStandardInput) return ReadStandardInput();
  ASSIGN_OR_RETURN(std::string text, ReadGiven(path));
  return Secret(std::move(text));
}

std::string JoinedJson(const HostIdentity& identity, const Bytes& ca_sha256,
                       const std::filesystem::path& state) {
  return TextOf({{"spiffe_id", identity.spiffe_id},
                 {"expire_time", client::TimeText(identity.expire_time)},
                 {"renew_time", client::TimeText(identity.renew_time)},
                 {"addresses", identity.addresses},
                 {"server_ca_sha256", Hex(ca_sha256)},
                 {"state", state.string()}});
}

// Of a lifetime, in the largest unit that says enough: "24 h", "90 min", "60 s".
std::string LifetimeText(std::chrono::seconds lifetime) {
  using std::chrono::hours;
  using std::chrono::minutes;
  if (lifetime >= hours{48}) return fmt::format("{} d", lifetime / hours{24});
  if (lifetime >= hours{2}) return fmt::format("{} h", lifetime / hours{1});
  if (lifetime >= minutes{2}) return fmt::format("{} min", lifetime / minutes{1});
  return fmt::format("{} s", lifetime.count());
}

}  // namespace

std::string JoinedText(const HostIdentity& identity, const Bytes& ca_sha256) {
  const auto lifetime = std::chrono::round<std::chrono::seconds>(identity.lifetime());
  return fmt::format(
      "server identity pinned (sha256:{})\n"
      "joined as {}\n"
      "identity valid {}, until {}; renews at {}, {}\n",
      Hex(ca_sha256), identity.spiffe_id, LifetimeText(lifetime),
      client::TimeText(identity.expire_time), LifetimeText(lifetime / 2),
      client::TimeText(identity.renew_time));
}

JoinCommand::JoinCommand(CLI::App& app)
    : command_(app.add_subcommand("join", "Let this host in as an agent, with a join token")) {
  auto* token = command_->add_option(
      "token", token_,
      "The line that 'certbroker tokens create' printed, or - for standard input. Other users see "
      "what stands on a command line: a token there is for once, and at once");
  command_->add_option("--token-file", token_file_, "The file that holds it; - : standard input")
      ->check(CheckPath)
      ->excludes(token);
  command_->add_flag("--replace", replace_, "Give up the identity that this host has already");
}

Result<client::JoinLine> JoinCommand::ReadToken() const {
  if (!token_.empty() && token_ != kStandardInput) return client::ParseJoinLine(token_);
  if (token_.empty() && token_file_.empty()) {
    return Error(Reason::kInvalidArgument,
                 "which token? Give the line that 'certbroker tokens create' printed, --token-file "
                 "FILE, or - for standard input");
  }
  ASSIGN_OR_RETURN(const Secret text, ReadTokenFile(token_.empty() ? token_file_ : kStandardInput));
  return client::ParseJoinLine(text.ExposeForUse());
}

int JoinCommand::Run(const CommandContext& context) const {
  const auto line = ReadToken();
  if (!line) return context.Failed(line.error());
  const auto store = context.Store();
  if (!store) return context.Failed(store.error());
  const Joining joining({.store = *store,
                         .clock = context.clock,
                         .random = context.random,
                         .stop = context.interrupt.token()});
  const auto identity = joining.Run(*line, replace_);
  if (!identity) return context.Failed(identity.error());
  client::PrintOut(context.options.format() == client::OutputFormat::kJson
                       ? JoinedJson(*identity, line->ca_sha256, store->folder())
                       : JoinedText(*identity, line->ca_sha256));
  return client::kExitDone;
}

}  // namespace certbroker::agent
