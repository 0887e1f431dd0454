#include "agent/leave_command.h"

#include <fmt/format.h>

#include "agent/json_output.h"
#include "client/time_text.h"

namespace certbroker::agent {
namespace {

std::string LeftText(const std::optional<HostIdentity>& left, const IdentityStore& store) {
  const std::string folder = Printable(store.folder().string());
  if (!left) return fmt::format("there is no identity in {}\n", folder);
  const std::string& id = left->spiffe_id;
  const std::string name = id.substr(id.rfind('/') + 1);
  return fmt::format(
      "{} is removed from {}; installed certificates stay\n"
      "a copy of it would count until {}: an operator ends that with 'certbroker agents delete "
      "{}', "
      "or, to keep it out for good, with 'certbroker agents ban {}'\n",
      id, folder, client::TimeText(left->expire_time), name, name);
}

std::string LeftJson(const std::optional<HostIdentity>& left, const IdentityStore& store) {
  return TextOf({{"state", store.folder().string()},
                 {"removed", left.has_value()},
                 {"spiffe_id", left ? left->spiffe_id : ""}});
}

}  // namespace

Result<std::optional<HostIdentity>> Leave(const IdentityStore& store) {
  auto identity = store.Load();
  if (identity && !*identity) {
    std::error_code ignored;
    // Nothing is made in order to be removed.
    if (!std::filesystem::is_directory(store.folder(), ignored)) return identity;
  }
  ASSIGN_OR_RETURN(const FileLock changes, store.changes());
  ASSIGN_OR_RETURN(const FileLock uses, store.uses());
  ASSIGN_OR_RETURN(const bool unchanging, changes.Try(FileLock::Hold::kAlone));
  ASSIGN_OR_RETURN(const bool unused, uses.Try(FileLock::Hold::kAlone));
  if (!unchanging || !unused) {
    return Error(Reason::kFileUnusable,
                 fmt::format("another certbroker-agent uses the identity in {}; wait until it has "
                             "ended",
                             Printable(store.folder().string())));
  }
  RETURN_IF_ERROR(store.Remove());
  // One that could not be read is gone now; that is what was asked for.
  if (!identity) return std::optional<HostIdentity>();
  return identity;
}

LeaveCommand::LeaveCommand(CLI::App& app)
    : command_(app.add_subcommand(
          "leave", "Remove this host's identity; its certificates stay where they are")) {}

int LeaveCommand::Run(const CommandContext& context) const {
  const auto store = context.Store();
  if (!store) return context.Failed(store.error());
  const auto left = Leave(*store);
  if (!left) return context.Failed(left.error());
  client::PrintOut(context.options.format() == client::OutputFormat::kJson
                       ? LeftJson(*left, *store)
                       : LeftText(*left, *store));
  return client::kExitDone;
}

}  // namespace certbroker::agent
