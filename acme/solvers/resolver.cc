#include "acme/solvers/resolver.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace certbroker::acme {

Result<std::vector<ServerAddress>> ServersOfResolvConf(const std::string& path) {
  std::ifstream file(path);
  std::vector<ServerAddress> servers;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string keyword;
    std::string address;
    if (!(words >> keyword >> address) || keyword != "nameserver") continue;
    // A zone index ("fe80::1%eth0") makes no address that we could parse; such a server is left
    // out.
    if (auto server = ServerAddress::Parse(address)) servers.push_back(*std::move(server));
  }
  if (servers.empty()) {
    return Error(Reason::kConfigInvalid,
                 fmt::format("{} names no name server; set \"resolvers\"", Printable(path)));
  }
  return servers;
}

Result<DnsReply> Resolver::AskOne(const ServerAddress& server, std::string_view name,
                                  RecordType type, SteadyTime deadline) {
  ASSIGN_OR_RETURN(const Bytes query, QueryMessage(name, type, exchange_.NewId(), true));
  const auto end = std::min(deadline, exchange_.clock().Tick() + options_.server_timeout);
  ASSIGN_OR_RETURN(const Bytes octets, exchange_.Ask(server, query, end));
  ASSIGN_OR_RETURN(DnsReply reply, ParseReply(octets));
  if (reply.rcode != Rcode::kNoError && reply.rcode != Rcode::kNxDomain) {
    return Error(Reason::kDnsUnavailable,
                 fmt::format("{} answers {}", server.ToString(), NameOf(reply.rcode)));
  }
  return reply;
}

Result<DnsReply> Resolver::Query(std::string_view name, RecordType type, SteadyTime deadline) {
  std::vector<ServerAddress> servers = options_.resolvers;
  if (servers.empty()) {
    ASSIGN_OR_RETURN(servers, ServersOfResolvConf(options_.resolv_conf));
  }
  std::string failures;
  for (const ServerAddress& server : servers) {
    auto reply = AskOne(server, name, type, deadline);
    if (reply || reply.error().reason() == Reason::kInvalidArgument) return reply;
    failures += fmt::format("{}{}", failures.empty() ? "" : "; ", reply.error().detail());
  }
  return Error(Reason::kDnsUnavailable,
               fmt::format("looking up {}: {}", Printable(name, 300), failures));
}

}  // namespace certbroker::acme
