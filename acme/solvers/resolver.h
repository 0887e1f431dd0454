// acme/solvers/resolver.h: the recursive resolver, asked for what the whole DNS knows.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "acme/solvers/dns_exchange.h"
#include "acme/solvers/dns_message.h"
#include "acme/solvers/server_address.h"

namespace certbroker::acme {

struct ResolverOptions {
  // TOML "resolvers"; empty: those that resolv.conf names at the time of asking.
  std::vector<ServerAddress> resolvers;
  std::string resolv_conf = "/etc/resolv.conf";
  // One server is given up after this long, and the next one asked.
  std::chrono::milliseconds server_timeout = std::chrono::seconds{5};
};

// The name servers of a resolv.conf(5). kConfigInvalid when it cannot be read or names none.
Result<std::vector<ServerAddress>> ServersOfResolvConf(const std::string& path);

// Thread-safe; blocks, at most until the deadline.
class Resolver {
 public:
  Resolver(ResolverOptions options, DnsExchange& exchange)
      : options_(std::move(options)), exchange_(exchange) {}

  // NOERROR or NXDOMAIN, from the first server that says either. A server that fails (SERVFAIL,
  // which is also what a wrong DNSSEC signature gives, REFUSED, silence) is passed over;
  // kDnsUnavailable with what each one said when all have.
  Result<DnsReply> Query(std::string_view name, RecordType type, SteadyTime deadline);

 private:
  Result<DnsReply> AskOne(const ServerAddress& server, std::string_view name, RecordType type,
                          SteadyTime deadline);

  const ResolverOptions options_;
  DnsExchange& exchange_;
};

}  // namespace certbroker::acme
