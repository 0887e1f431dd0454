#include "service/solver_setup.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "acme/solvers/caa_lookup.h"
#include "acme/solvers/program_solver.h"
#include "acme/solvers/rfc2136_solver.h"

namespace certbroker {
namespace {

using config::SolverConfig;
using config::SolverKind;

Error NotKnown(std::string_view what, const std::string& given, std::string_view expected) {
  return Error(Reason::kConfigInvalid, fmt::format("{} \"{}\" is not known; expected {}", what,
                                                   Printable(given), expected));
}

Result<std::vector<acme::ServerAddress>> AddressesOf(const std::vector<std::string>& texts) {
  std::vector<acme::ServerAddress> addresses;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(acme::ServerAddress address, acme::ServerAddress::Parse(text));
    addresses.push_back(std::move(address));
  }
  return addresses;
}

Result<acme::PropagationOptions> LookUpOf(const SolverConfig& solver) {
  acme::PropagationOptions look_up;
  ASSIGN_OR_RETURN(look_up.resolver.resolvers, AddressesOf(solver.resolvers));
  look_up.authoritative_port = static_cast<std::uint16_t>(solver.authoritative_port);
  return look_up;
}

Result<std::unique_ptr<CaaSource>> MakeCaaSource(const config::ChallengesConfig& challenges,
                                                 const Clock& clock, Random& random) {
  acme::ResolverOptions options;
  ASSIGN_OR_RETURN(options.resolvers, AddressesOf(challenges.caa_resolvers));
  options.server_timeout = std::chrono::seconds{2};
  return std::unique_ptr<CaaSource>(
      std::make_unique<acme::CaaLookup>(std::move(options), clock, random));
}

Result<std::unique_ptr<DnsSolver>> MakeRfc2136(const SolverConfig& solver, const Clock& clock,
                                               Random& random) {
  acme::Rfc2136Options options;
  for (const Identifier& zone : solver.zones) options.zones.push_back(zone.ToString());
  ASSIGN_OR_RETURN(options.server, AddressesOf(solver.servers));
  options.tsig_name = solver.tsig_name;
  const auto algorithm = acme::TsigAlgorithmFromName(solver.tsig_algorithm);
  if (!algorithm)
    return NotKnown("tsig_algorithm", solver.tsig_algorithm,
                    "hmac-sha256, hmac-sha384, hmac-sha512");
  options.tsig_algorithm = *algorithm;
  options.tsig_secret_file = solver.tsig_secret_file;
  options.ttl = std::chrono::ceil<std::chrono::seconds>(solver.ttl);
  if (solver.timeout.count() > 0) options.timeout = solver.timeout;
  options.follow_cname = solver.follow_cname;
  ASSIGN_OR_RETURN(options.look_up, LookUpOf(solver));
  ASSIGN_OR_RETURN(auto made, acme::Rfc2136Solver::Create(std::move(options), clock, random));
  return std::unique_ptr<DnsSolver>(std::move(made));
}

Result<std::unique_ptr<DnsSolver>> MakeProgram(const SolverConfig& solver, const Clock& clock,
                                               Random& random) {
  acme::ProgramOptions options;
  const auto style = acme::ProgramStyleFromName(solver.style);
  if (!style) return NotKnown("style", solver.style, "json, lego_exec, lego_exec_raw, dehydrated");
  options.style = *style;
  options.argv = solver.argv;
  options.environment = solver.environment;
  if (solver.timeout.count() > 0) options.timeout = solver.timeout;
  ASSIGN_OR_RETURN(options.look_up, LookUpOf(solver));
  ASSIGN_OR_RETURN(auto made, acme::ProgramSolver::Create(std::move(options), clock, random));
  return std::unique_ptr<DnsSolver>(std::move(made));
}

// Several servers may be asked in turn, and a program is given a moment to end.
std::chrono::milliseconds LimitOf(const SolverConfig& solver) {
  using std::chrono::seconds;
  if (solver.kind == SolverKind::kProgram) {
    const auto timeout =
        solver.timeout.count() > 0 ? solver.timeout : acme::ProgramOptions().timeout;
    return timeout + seconds{10};
  }
  const auto timeout = solver.timeout.count() > 0 ? solver.timeout : acme::Rfc2136Options().timeout;
  return timeout * static_cast<int>(std::max<std::size_t>(solver.servers.size(), 1)) + seconds{20};
}

}  // namespace

SolverPlan PlanOf(const config::Config& config) {
  std::vector<SolverScope> scopes;
  if (!config.responder.listen.empty()) {
    scopes.push_back({.name = std::string(kResponderSolver),
                      .type = ChallengeType::kHttp01,
                      .zones = config.responder.zones,
                      .at_once = true});
  }
  for (const SolverConfig& solver : config.solvers) {
    scopes.push_back({.name = solver.name,
                      .type = solver.challenge,
                      .zones = solver.zones,
                      .at_once = solver.kind == SolverKind::kPersistent});
  }
  return {config.challenges.preference, std::move(scopes)};
}

Result<Solvers> MakeSolvers(const config::Config& config, const Clock& clock, Random& random) {
  Solvers solvers;
  auto caa = MakeCaaSource(config.challenges, clock, random);
  if (!caa) return std::move(caa).error().While("[challenges] caa_resolvers");
  solvers.caa = *std::move(caa);
  for (const SolverConfig& solver : config.solvers) {
    if (solver.kind == SolverKind::kPersistent) continue;
    auto made = solver.kind == SolverKind::kRfc2136 ? MakeRfc2136(solver, clock, random)
                                                    : MakeProgram(solver, clock, random);
    if (!made) return std::move(made).error().While(fmt::format("solver \"{}\"", solver.name));
    solvers.book.emplace(solver.name,
                         engine::ConfiguredSolver{**made, solver.use, LimitOf(solver)});
    solvers.owned.push_back(*std::move(made));
  }
  return solvers;
}

}  // namespace certbroker
