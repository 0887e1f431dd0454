// acme/solvers/zone_walk.h: from a name to the name that it stands for, to its zone, to the servers
// of that zone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme/solvers/resolver.h"

namespace certbroker::acme {

struct NameServer {
  std::string name;
  std::vector<std::string> addresses;  // IPv4 first
};

// Thread-safe; blocks. kDnsUnavailable where the DNS does not answer, or answers nonsense.
class ZoneWalk {
 public:
  explicit ZoneWalk(Resolver& resolver) : resolver_(resolver) {}

  // Where the CNAMEs (and DNAMEs) of `name` lead; `name` itself when it has none. A loop, or more
  // than 10 in a row, is kDnsUpdateRefused: an operator has to mend it.
  Result<std::string> FollowAliases(std::string_view name, SteadyTime deadline);

  // The zone that holds `name`, found by its SOA. kDnsUpdateRefused when that is the root.
  Result<std::string> ZoneOf(std::string_view name, SteadyTime deadline);

  // Every server of the zone's NS set, with what addresses it has.
  Result<std::vector<NameServer>> ServersOf(std::string_view zone, SteadyTime deadline);

 private:
  Resolver& resolver_;
};

// The end of the chain of CNAMEs in `reply` that begins at `name`; `name` when there is none. At
// most 10 steps.
std::string EndOfChain(const DnsReply& reply, std::string_view name);

}  // namespace certbroker::acme
