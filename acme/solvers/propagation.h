// acme/solvers/propagation.h: whether a TXT value can be seen where a CA will look: at every
// authoritative server of its zone.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "acme/solvers/dns_exchange.h"
#include "acme/solvers/zone_walk.h"
#include "core/ports/dns_solver.h"

namespace certbroker::acme {

struct PropagationOptions {
  ResolverOptions resolver;
  // Where authoritative servers listen; the whole world's on 53.
  std::uint16_t authoritative_port = kDnsPort;
  // For one address; shorter when the deadline has to be shared out among many.
  std::chrono::milliseconds server_timeout = std::chrono::seconds{5};
};

// Thread-safe; blocks, at most until the deadline.
class PropagationChecker {
 public:
  PropagationChecker(const PropagationOptions& options, ZoneWalk& walk, DnsExchange& exchange)
      : port_(options.authoritative_port),
        server_timeout_(options.server_timeout),
        walk_(walk),
        exchange_(exchange) {}

  // Follows the CNAMEs of `record_name`, and asks all servers of the zone where they end, at all
  // their addresses. kVisible when every server has the value: an address that cannot be reached is
  // excused by another one of the same server that has it. kNotYet says which server lacks it, and
  // what it says instead. kDnsUnavailable, kDnsUpdateRefused: as ZoneWalk.
  Result<Propagation> Check(std::string_view record_name, std::string_view value,
                            SteadyTime deadline);

 private:
  struct Verdict {
    bool has_value = false;
    bool answered = false;
    std::string said;
  };
  Verdict AskAddress(const ServerAddress& server, const std::string& name, std::string_view value,
                     SteadyTime deadline);
  std::string WhatIsMissingAt(const NameServer& server, const std::string& name,
                              std::string_view value, std::size_t addresses_left,
                              SteadyTime deadline);

  const std::uint16_t port_;
  const std::chrono::milliseconds server_timeout_;
  ZoneWalk& walk_;
  DnsExchange& exchange_;
};

}  // namespace certbroker::acme
