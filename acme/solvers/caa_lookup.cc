#include "acme/solvers/caa_lookup.h"

#include <fmt/format.h>

#include "acme/solvers/dns_name.h"
#include "acme/solvers/zone_walk.h"

namespace certbroker::acme {
namespace {

constexpr int kMaxQueries = 10;  // of one name's aliases

// RFC 8659 §4.1.1: flags, the tag's length, the tag, and the value until the end.
Result<CaaRecord> ParseData(std::string_view name, std::string_view data) {
  const auto flags = data.empty() ? 0 : static_cast<std::uint8_t>(data[0]);
  const std::size_t tag_size = data.size() < 2 ? 0 : static_cast<std::uint8_t>(data[1]);
  if (tag_size == 0 || data.size() < 2 + tag_size) {
    return Error(Reason::kDnsUnavailable,
                 fmt::format("a CAA record of {} is malformed", Printable(name, 300)));
  }
  return CaaRecord{.flags = static_cast<std::uint8_t>(flags),
                   .tag = std::string(data.substr(2, tag_size)),
                   .value = std::string(data.substr(2 + tag_size))};
}

}  // namespace

Result<CaaRecordSet> CaaLookup::SetAt(std::string_view name, SteadyTime deadline) {
  CaaRecordSet set;
  std::string at = DnsName(name);
  for (int i = 0; i < kMaxQueries; ++i) {
    ASSIGN_OR_RETURN(const DnsReply reply, resolver_.Query(at, RecordType::kCaa, deadline));
    const std::string end = EndOfChain(reply, at);
    for (const std::string& data : reply.ValuesOf(end, RecordType::kCaa)) {
      ASSIGN_OR_RETURN(CaaRecord record, ParseData(end, data));
      set.records.push_back(std::move(record));
    }
    // A resolver has followed the aliases already; asking for the last one again tells that it has
    // no more of them.
    set.name = end;
    if (!set.records.empty() || end == at) return set;
    at = end;
  }
  return Error(Reason::kDnsUnavailable,
               fmt::format("the CNAME records of {} go on and on", Printable(name, 300)));
}

Result<CaaRecordSet> CaaLookup::Find(const Identifier& identifier, SteadyTime deadline) {
  if (identifier.is_ip()) return CaaRecordSet{};
  for (std::string_view at = identifier.base(); !at.empty(); at = ParentOf(at)) {
    auto set = SetAt(at, deadline);
    if (!set) return std::move(set).error().While(fmt::format("CAA of {}", at));
    if (!set->records.empty()) return set;
  }
  return CaaRecordSet{};
}

}  // namespace certbroker::acme
