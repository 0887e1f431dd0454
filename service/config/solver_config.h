// service/config/solver_config.h: the solvers of the service's own, as the configuration file has
// them: [challenges], [responder] and [[solvers]]. docs/dns.md is the operator's page.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/challenge.h"
#include "core/identifier.h"
#include "core/ports/caa_source.h"
#include "core/ports/dns_solver.h"
#include "core/solver_plan.h"

namespace certbroker::config {

class TomlTable;

enum class SolverKind {
  kRfc2136,     // "rfc2136": dynamic updates of a zone
  kProgram,     // "program": a program of the operator's
  kPersistent,  // "persistent": a record of dns-persist-01 that an operator has put there
};

// One [[solvers]] table. Addresses, names of algorithms and styles are checked by who uses them.
struct SolverConfig {
  std::string name;  // Required. [a-z0-9-]{1,40}; neither "agent" nor "responder"
  SolverKind kind = SolverKind::kRfc2136;           // Required. TOML "type"
  ChallengeType challenge = ChallengeType::kDns01;  // "dns-01" or "dns-account-01"
  std::vector<Identifier> zones;                    // empty: every name
  SolverOptions use;                     // propagation, propagation_timeout, propagation_interval
  std::chrono::milliseconds timeout{0};  // zero: the kind's default
  std::vector<std::string> resolvers;    // "address[:port]"; empty: resolv.conf's
  int authoritative_port = 53;

  // kRfc2136.
  std::vector<std::string> servers;  // TOML "server": one or a list. Required
  std::string tsig_name;
  std::string tsig_algorithm = "hmac-sha256";
  std::string tsig_secret_file;  // absolute
  std::chrono::milliseconds ttl = std::chrono::seconds{60};
  bool follow_cname = true;

  // kProgram.
  std::string style = "json";
  std::vector<std::string> argv;                   // Required
  std::map<std::string, std::string> environment;  // TOML: a list of "NAME=value"
};

struct ChallengesConfig {
  // Best first; a type that is not listed is not used.
  std::vector<ChallengeType> preference = SolverPlan().preference();
  CaaMode caa = CaaMode::kWarn;
  std::vector<std::string> caa_resolvers;  // "address[:port]"; empty: resolv.conf's
};

// Answers http-01 on every replica, for names that lead there.
struct ResponderConfig {
  std::string listen;             // "address:port", numeric; empty: none
  std::vector<Identifier> zones;  // empty: every name
};

// `resolve` makes a path absolute. Problems go to the table.
ChallengesConfig ReadChallenges(TomlTable& table);
ResponderConfig ReadResponder(TomlTable& table);
SolverConfig ReadSolver(TomlTable& table,
                        const std::function<std::string(const std::string&)>& resolve);

}  // namespace certbroker::config
