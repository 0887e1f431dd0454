// acme/solvers/rfc2136_solver.h: dns-01 by dynamic updates (RFC 2136, RFC 8945), as BIND, Knot,
// PowerDNS and Windows take them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "acme/solvers/propagation.h"
#include "acme/solvers/zone_update.h"
#include "core/clock.h"
#include "core/ports/dns_solver.h"
#include "core/random.h"

namespace certbroker::acme {

// Named as in the configuration file's [[solvers]] with type = "rfc2136".
struct Rfc2136Options {
  // A record at or below one of these is changed in that zone (the longest that fits); the zone of
  // any other record is found by its SOA.
  std::vector<std::string> zones;
  std::vector<ServerAddress> server;  // Required. The primary, or several that are asked in turn
  std::string tsig_name;              // empty: updates are not signed
  TsigAlgorithm tsig_algorithm = TsigAlgorithm::kHmacSha256;
  std::string tsig_secret_file;                                  // base64; required with tsig_name
  std::chrono::seconds ttl{60};                                  // of the TXT records
  std::chrono::milliseconds timeout = std::chrono::seconds{10};  // for one server's answer
  // _acme-challenge may be a CNAME into another zone; off: the record is made beside it.
  bool follow_cname = true;
  PropagationOptions look_up;
};

// See DnsSolver.
class Rfc2136Solver final : public DnsSolver {
 public:
  // Reads the secret. kConfigInvalid: no server, half a key, a secret file that is not usable, a
  // zone or key name that is none. `clock` and `random` outlive the solver.
  static Result<std::unique_ptr<Rfc2136Solver>> Create(Rfc2136Options options, const Clock& clock,
                                                       Random& random);

  Result<void> Present(const DnsChallenge& challenge, SteadyTime deadline) override;
  Result<void> CleanUp(const DnsChallenge& challenge, SteadyTime deadline) override;
  Result<Propagation> CheckPropagation(const DnsChallenge& challenge, SteadyTime deadline) override;

 private:
  Rfc2136Solver(Rfc2136Options options, std::optional<TsigKey> key, const Clock& clock,
                Random& random);
  Result<void> Change(TxtChange::Kind kind, const DnsChallenge& challenge, SteadyTime deadline);
  Result<std::string> ZoneOf(const std::string& name, SteadyTime deadline);

  const Rfc2136Options options_;
  DnsExchange exchange_;
  Resolver resolver_;
  ZoneWalk walk_;
  ZoneUpdater updater_;
  PropagationChecker checker_;
};

}  // namespace certbroker::acme
