#include "acme/solvers/zone_walk.h"

#include <algorithm>

#include <fmt/format.h>

#include "acme/solvers/dns_name.h"

namespace certbroker::acme {
namespace {

constexpr std::size_t kMaxAliases = 10;
constexpr std::size_t kMaxServers = 16;

Error BadAliases(const std::vector<std::string>& chain, std::string_view what) {
  std::string path;
  for (const std::string& name : chain) path += Printable(name, 100) + " → ";
  return {Reason::kDnsUpdateRefused, fmt::format("{}{}: mend these CNAME records", path, what)};
}

// The owner of the SOA record that says in which zone `name` is, if there is one.
std::string OwnerOfSoa(const DnsReply& reply, std::string_view name) {
  for (const auto* section : {&reply.answer, &reply.authority}) {
    for (const DnsRecord& record : *section) {
      if (record.type == RecordType::kSoa && IsAtOrBelow(name, record.owner)) return record.owner;
    }
  }
  return {};
}

}  // namespace

std::string EndOfChain(const DnsReply& reply, std::string_view name) {
  std::string end(name);
  for (std::size_t i = 0; i < kMaxAliases; ++i) {
    const auto targets = reply.ValuesOf(end, RecordType::kCname);
    if (targets.empty()) break;
    end = targets.front();
  }
  return end;
}

Result<std::string> ZoneWalk::FollowAliases(std::string_view name, SteadyTime deadline) {
  std::vector<std::string> chain = {DnsName(name)};
  while (chain.size() <= kMaxAliases) {
    ASSIGN_OR_RETURN(const DnsReply reply,
                     resolver_.Query(chain.back(), RecordType::kCname, deadline));
    const auto targets = reply.ValuesOf(chain.back(), RecordType::kCname);
    if (targets.empty()) return chain.back();
    if (std::ranges::find(chain, targets.front()) != chain.end()) {
      return BadAliases(chain, targets.front() + " goes round in a circle");
    }
    chain.push_back(targets.front());
  }
  return BadAliases(chain, fmt::format("more than {} in a row", kMaxAliases));
}

Result<std::string> ZoneWalk::ZoneOf(std::string_view name, SteadyTime deadline) {
  // A server may leave the SOA out of its "no such data"; then the parent is asked, and so on.
  for (std::string_view at = name; !at.empty(); at = ParentOf(at)) {
    ASSIGN_OR_RETURN(const DnsReply reply, resolver_.Query(at, RecordType::kSoa, deadline));
    if (std::string zone = OwnerOfSoa(reply, at); !zone.empty()) return zone;
  }
  return Error(
      Reason::kDnsUpdateRefused,
      fmt::format("no zone holds {}: is the domain registered and delegated? Or set \"zones\"",
                  Printable(name, 300)));
}

Result<std::vector<NameServer>> ZoneWalk::ServersOf(std::string_view zone, SteadyTime deadline) {
  ASSIGN_OR_RETURN(const DnsReply reply, resolver_.Query(zone, RecordType::kNs, deadline));
  std::vector<NameServer> servers;
  for (const std::string& name : reply.ValuesOf(zone, RecordType::kNs)) {
    if (servers.size() == kMaxServers) break;
    NameServer server{.name = name, .addresses = {}};
    for (const RecordType type : {RecordType::kA, RecordType::kAaaa}) {
      ASSIGN_OR_RETURN(const DnsReply addresses, resolver_.Query(name, type, deadline));
      const auto found = addresses.ValuesOf(EndOfChain(addresses, name), type);
      server.addresses.insert(server.addresses.end(), found.begin(), found.end());
    }
    servers.push_back(std::move(server));
  }
  if (servers.empty()) {
    return Error(Reason::kDnsUnavailable,
                 fmt::format("the zone {} has no NS records", Printable(zone, 300)));
  }
  return servers;
}

}  // namespace certbroker::acme
