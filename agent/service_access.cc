#include "agent/service_access.h"

#include <utility>

#include <fmt/format.h>

#include "agent/identity_renewal.h"
#include "client/wait.h"

namespace certbroker::agent {
namespace {

using std::chrono::milliseconds;

// How long a new connection may take before the next address gets its chance.
constexpr milliseconds kPatience{2'000};
// A renewal that another process is at; its own limits are shorter.
constexpr milliseconds kRenewalOfOthers{60'000};

Error NotJoined(const std::filesystem::path& state) {
  return {Reason::kFileUnusable,
          fmt::format("this host has no identity in {}: have an operator run 'certbroker tokens "
                      "create --agent NAME', then 'certbroker-agent join' with that token; or give "
                      "--server, --ca, --identity and --identity-key",
                      state.empty() ? "any state folder (--state)" : Printable(state.string()))};
}

}  // namespace

Result<ServiceAccess> AccessFinder::Find() const {
  const client::IdentityFiles& files = options_.files;
  if (!options_.server.empty() && !files.ca.empty() && !files.identity.empty()) {
    return Connect({options_.server}, files);
  }
  return FindOwn();
}

Result<ServiceAccess> AccessFinder::FindOwn() const {
  if (options_.state.empty()) return NotJoined(options_.state);
  ASSIGN_OR_RETURN(auto identity, store_.Load());
  if (!identity) return NotJoined(options_.state);
  ASSIGN_OR_RETURN(FileLock uses, store_.uses());
  const bool own = options_.files.identity.empty();
  if (own) {
    RETURN_IF_ERROR(RenewIfDue(uses, *identity));
    ASSIGN_OR_RETURN(const bool held, uses.WaitFor(FileLock::Hold::kShared, kRenewalOfOthers,
                                                   client::WaitUnless(deps_.stop)));
    if (!held) {
      return Error(Reason::kFileUnusable,
                   fmt::format("another certbroker-agent has been changing the identity in {} for "
                               "a minute; try again when it has ended",
                               Printable(options_.state.string())));
    }
    ASSIGN_OR_RETURN(identity, store_.Load());
    if (!identity) return NotJoined(options_.state);
  }
  client::IdentityFiles files = store_.files();
  if (!own) files.identity = options_.files.identity;
  if (!own) files.identity_key = options_.files.identity_key;
  if (!options_.files.ca.empty()) files.ca = options_.files.ca;
  ASSIGN_OR_RETURN(
      ServiceAccess access,
      Connect(options_.server.empty() ? identity->addresses : std::vector{options_.server}, files));
  if (own) access.use = std::move(uses);
  return access;
}

Result<void> AccessFinder::RenewIfDue(const FileLock& uses, const HostIdentity& identity) const {
  const IdentityRenewal renewal(
      {.store = store_, .clock = deps_.clock, .random = deps_.random, .stop = deps_.stop});
  const auto renewed = renewal.Run(uses, false);
  if (renewed) return {};
  if (renewed.error().reason() == Reason::kCancelled) return renewed.error();
  if (deps_.clock.Now() >= identity.expire_time) return ExpiredForGood(identity, renewed.error());
  deps_.warn(fmt::format("this host's identity is due for renewal, and was not renewed: {}",
                         renewed.error().ToString()));
  return {};
}

Result<ServiceAccess> AccessFinder::Connect(const std::vector<std::string>& addresses,
                                            const client::IdentityFiles& files) const {
  ASSIGN_OR_RETURN(const client::Identity identity, client::ReadIdentity(files));
  std::optional<ServiceAccess> first;
  for (const std::string& address : addresses) {
    ASSIGN_OR_RETURN(auto channel, client::Connect(address, identity));
    ServiceAccess access{.channel = std::move(channel), .address = address};
    // The only one is tried, and hoped for, by the calls themselves.
    if (addresses.size() == 1 ||
        access.channel->WaitForConnected(std::chrono::system_clock::now() + kPatience)) {
      return access;
    }
    if (!first) first = std::move(access);
  }
  return *std::move(first);
}

}  // namespace certbroker::agent
