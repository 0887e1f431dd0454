#include "acme/solvers/propagation.h"

#include <algorithm>

#include <fmt/format.h>

namespace certbroker::acme {
namespace {

// What an answer without the value says instead.
std::string WhatItSays(const DnsReply& reply, const std::string& name) {
  if (reply.rcode == Rcode::kNxDomain) return "says that there is no such name";
  if (reply.rcode != Rcode::kNoError) return fmt::format("answers {}", NameOf(reply.rcode));
  if (!reply.authoritative) return "is not authoritative for the zone (lame delegation)";
  if (!reply.ValuesOf(name, RecordType::kCname).empty())
    return "has a CNAME there that we did not see";
  const std::size_t others = reply.ValuesOf(name, RecordType::kTxt).size();
  return others == 0 ? "has no TXT record there"
                     : fmt::format("has {} other TXT value(s) there", others);
}

std::size_t CountAddresses(const std::vector<NameServer>& servers) {
  std::size_t count = 0;
  for (const NameServer& server : servers) count += server.addresses.size();
  return count;
}

}  // namespace

PropagationChecker::Verdict PropagationChecker::AskAddress(const ServerAddress& server,
                                                           const std::string& name,
                                                           std::string_view value,
                                                           SteadyTime deadline) {
  const auto query = QueryMessage(name, RecordType::kTxt, exchange_.NewId(), false);
  if (!query) return {.said = query.error().detail()};
  const auto octets = exchange_.Ask(server, *query, deadline);
  if (!octets) return {.said = octets.error().detail()};
  const auto reply = ParseReply(*octets);
  if (!reply) return {.answered = true, .said = server.ToString() + ": " + reply.error().detail()};
  const auto values = reply->ValuesOf(name, RecordType::kTxt);
  const bool found = reply->rcode == Rcode::kNoError && reply->authoritative &&
                     std::ranges::find(values, value) != values.end();
  if (found) return {.has_value = true, .answered = true, .said = {}};
  return {.answered = true,
          .said = fmt::format("{} {}", server.ToString(), WhatItSays(*reply, name))};
}

std::string PropagationChecker::WhatIsMissingAt(const NameServer& server, const std::string& name,
                                                std::string_view value, std::size_t addresses_left,
                                                SteadyTime deadline) {
  if (server.addresses.empty()) return fmt::format("{} has no address", server.name);
  bool seen = false;
  std::string lacking;
  std::string silent;
  for (const std::string& ip : server.addresses) {
    const auto now = exchange_.clock().Tick();
    const auto share =
        std::max<SteadyTime::duration>(deadline - now, SteadyTime::duration::zero()) /
        static_cast<int>(addresses_left--);
    const Verdict verdict =
        AskAddress({.ip = ip, .port = port_}, name, value,
                   now + std::min<SteadyTime::duration>(share, server_timeout_));
    seen = seen || verdict.has_value;
    std::string& list = verdict.answered ? lacking : silent;
    if (!verdict.has_value) list += fmt::format("{}{}", list.empty() ? "" : ", ", verdict.said);
  }
  // A server that is behind at one address is behind; one that is silent there is excused if it
  // speaks elsewhere, as many hosts have no way to IPv6.
  if (lacking.empty() && seen) return {};
  const char* const comma = lacking.empty() || silent.empty() ? "" : ", ";
  return fmt::format("{} ({}{}{})", server.name, lacking, comma, silent);
}

Result<Propagation> PropagationChecker::Check(std::string_view record_name, std::string_view value,
                                              SteadyTime deadline) {
  ASSIGN_OR_RETURN(const std::string name, walk_.FollowAliases(record_name, deadline));
  ASSIGN_OR_RETURN(const std::string zone, walk_.ZoneOf(name, deadline));
  ASSIGN_OR_RETURN(const std::vector<NameServer> servers, walk_.ServersOf(zone, deadline));
  std::size_t addresses_left = CountAddresses(servers);
  std::string missing;
  for (const NameServer& server : servers) {
    const std::string problem = WhatIsMissingAt(server, name, value, addresses_left, deadline);
    addresses_left -= server.addresses.size();
    if (!problem.empty()) missing += fmt::format("{}{}", missing.empty() ? "" : "; ", problem);
  }
  if (missing.empty()) return Propagation{.state = Propagation::State::kVisible, .detail = {}};
  return Propagation{.state = Propagation::State::kNotYet,
                     .detail = fmt::format("{} is not at every server of {} yet: {}", name, zone,
                                           Printable(missing, 2000))};
}

}  // namespace certbroker::acme
