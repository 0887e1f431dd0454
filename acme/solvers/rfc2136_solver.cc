#include "acme/solvers/rfc2136_solver.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "acme/solvers/dns_name.h"
#include "acme/solvers/secret_file.h"

namespace certbroker::acme {
namespace {

Error InvalidUpdate(std::string_view what) { return {Reason::kConfigInvalid, std::string(what)}; }

bool IsDnsName(std::string_view name) {
  return QueryMessage(name, RecordType::kSoa, 0, false).has_value();
}

Result<std::optional<TsigKey>> ReadKey(const Rfc2136Options& options) {
  if (options.tsig_name.empty() && options.tsig_secret_file.empty())
    return std::optional<TsigKey>();
  if (options.tsig_name.empty() || options.tsig_secret_file.empty()) {
    return InvalidUpdate("tsig_name and tsig_secret_file belong together; give both or neither");
  }
  if (!IsDnsName(DnsName(options.tsig_name))) {
    return InvalidUpdate("tsig_name is no name of the DNS, as the name of a key must be");
  }
  ASSIGN_OR_RETURN(const Secret text, ReadSecretFile(options.tsig_secret_file));
  auto secret = DecodeTsigSecret(text.ExposeForUse());
  if (!secret) return std::move(secret).error().While(options.tsig_secret_file);
  return std::optional(TsigKey{.name = DnsName(options.tsig_name),
                               .algorithm = options.tsig_algorithm,
                               .secret = *std::move(secret)});
}

}  // namespace

Result<std::unique_ptr<Rfc2136Solver>> Rfc2136Solver::Create(Rfc2136Options options,
                                                             const Clock& clock, Random& random) {
  if (options.server.empty()) return InvalidUpdate("\"server\" names no server to send updates to");
  for (std::string& zone : options.zones) {
    zone = DnsName(zone);
    if (!IsDnsName(zone)) {
      return InvalidUpdate(
          fmt::format("\"{}\" in \"zones\" is no name of the DNS", Printable(zone, 300)));
    }
  }
  ASSIGN_OR_RETURN(auto key, ReadKey(options));
  return std::unique_ptr<Rfc2136Solver>(
      new Rfc2136Solver(std::move(options), std::move(key), clock, random));
}

Rfc2136Solver::Rfc2136Solver(Rfc2136Options options, std::optional<TsigKey> key, const Clock& clock,
                             Random& random)
    : options_(std::move(options)),
      exchange_(clock, random),
      resolver_(options_.look_up.resolver, exchange_),
      walk_(resolver_),
      updater_(options_.server, std::move(key), options_.timeout, exchange_),
      checker_(options_.look_up, walk_, exchange_) {}

Result<std::string> Rfc2136Solver::ZoneOf(const std::string& name, SteadyTime deadline) {
  std::string best;
  for (const std::string& zone : options_.zones) {
    if (IsAtOrBelow(name, zone) && zone.size() > best.size()) best = zone;
  }
  if (!best.empty()) return best;
  return walk_.ZoneOf(name, deadline);
}

Result<void> Rfc2136Solver::Change(TxtChange::Kind kind, const DnsChallenge& challenge,
                                   SteadyTime deadline) {
  std::string name = DnsName(challenge.record_name);
  if (options_.follow_cname) {
    ASSIGN_OR_RETURN(name, walk_.FollowAliases(name, deadline));
  }
  ASSIGN_OR_RETURN(const std::string zone, ZoneOf(name, deadline));
  return updater_.Apply(zone,
                        {.kind = kind,
                         .name = name,
                         .value = challenge.value,
                         .ttl = static_cast<std::uint32_t>(options_.ttl.count())},
                        deadline);
}

Result<void> Rfc2136Solver::Present(const DnsChallenge& challenge, SteadyTime deadline) {
  return Change(TxtChange::Kind::kAdd, challenge, deadline);
}

Result<void> Rfc2136Solver::CleanUp(const DnsChallenge& challenge, SteadyTime deadline) {
  return Change(TxtChange::Kind::kRemove, challenge, deadline);
}

Result<Propagation> Rfc2136Solver::CheckPropagation(const DnsChallenge& challenge,
                                                    SteadyTime deadline) {
  return checker_.Check(challenge.record_name, challenge.value, deadline);
}

}  // namespace certbroker::acme
