#include "acme/solvers/dns_message.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "acme/solvers/dns_name.h"
#include "acme/solvers/ldns_handles.h"

namespace certbroker::acme {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMaxString = 255;
constexpr std::uint8_t kReplyBit = 0x80;
constexpr std::uint8_t kOpcodeBits = 0x78;
constexpr std::uint8_t kTruncatedBit = 0x02;

Result<LdnsName> NameFromText(std::string_view name) {
  LdnsName rdf(ldns_dname_new_frm_str(fmt::format("{}.", name).c_str()));
  if (rdf == nullptr || name.empty()) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("\"{}\" is no name of the DNS", Printable(name, 300)));
  }
  return rdf;
}

std::string TextFromName(const ldns_rdf* rdf) {
  const LdnsMemory<char> text(ldns_rdf2str(rdf));
  return text == nullptr ? std::string() : DnsName(text.get());
}

Result<Bytes> Encode(const ldns_pkt* packet) {
  std::uint8_t* octets = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&octets, packet, &size) != LDNS_STATUS_OK) {
    return Error(Reason::kInternal, "a DNS message cannot be encoded");
  }
  const LdnsMemory<std::uint8_t> owner(octets);
  return Bytes(octets, octets + size);
}

std::string DataOf(const ldns_rr* record) {
  std::string data;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(record, i);
    data.append(reinterpret_cast<const char*>(ldns_rdf_data(field)), ldns_rdf_size(field));
  }
  return data;
}

// The character-strings of TXT data (RFC 1035 §3.3.14), joined: how validators read them.
std::string JoinStrings(std::string_view data) {
  std::string joined;
  while (!data.empty()) {
    const auto length = static_cast<std::uint8_t>(data.front());
    joined += data.substr(1, length);
    data.remove_prefix(std::min<std::size_t>(data.size(), std::size_t{1} + length));
  }
  return joined;
}

std::string ValueOf(const ldns_rr* record, RecordType type) {
  if (ldns_rr_rd_count(record) == 0) return {};
  switch (type) {
    case RecordType::kNs:
    case RecordType::kCname:
      return TextFromName(ldns_rr_rdf(record, 0));
    case RecordType::kA:
    case RecordType::kAaaa: {
      const LdnsMemory<char> text(ldns_rdf2str(ldns_rr_rdf(record, 0)));
      return text == nullptr ? std::string() : std::string(text.get());
    }
    case RecordType::kTxt:
      return JoinStrings(DataOf(record));
    case RecordType::kCaa:
      return DataOf(record);
    case RecordType::kSoa:
      return {};
  }
  return {};
}

std::vector<DnsRecord> RecordsOf(const ldns_rr_list* list) {
  std::vector<DnsRecord> records;
  for (std::size_t i = 0; list != nullptr && i < ldns_rr_list_rr_count(list); ++i) {
    const ldns_rr* record = ldns_rr_list_rr(list, i);
    if (ldns_rr_get_class(record) != LDNS_RR_CLASS_IN) continue;
    const auto type = static_cast<RecordType>(ldns_rr_get_type(record));
    records.push_back({.owner = TextFromName(ldns_rr_owner(record)),
                       .type = type,
                       .value = ValueOf(record, type)});
  }
  return records;
}

Result<LdnsRecords> RecordsOf(const TxtChange& change) {
  if (change.value.size() > kMaxString) {
    return Error(Reason::kInvalidArgument, "a TXT value is longer than 255 octets");
  }
  ASSIGN_OR_RETURN(LdnsName owner, NameFromText(change.name));
  const bool add = change.kind == TxtChange::Kind::kAdd;
  LdnsRecord record(ldns_rr_new());
  ldns_rr_set_owner(record.get(), owner.release());
  ldns_rr_set_type(record.get(), LDNS_RR_TYPE_TXT);
  // RFC 2136 §2.5.4: class NONE and no time to live take away the record with just this data.
  ldns_rr_set_class(record.get(), add ? LDNS_RR_CLASS_IN : LDNS_RR_CLASS_NONE);
  ldns_rr_set_ttl(record.get(), add ? change.ttl : 0);
  const std::string data = static_cast<char>(change.value.size()) + change.value;
  ldns_rr_push_rdf(record.get(),
                   ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, data.size(), data.data()));
  LdnsRecords records(ldns_rr_list_new());
  ldns_rr_list_push_rr(records.get(), record.release());
  return records;
}

// Where the first question ends; 0 when it does not.
std::size_t EndOfQuestion(ByteView message) {
  std::size_t at = kHeader;
  while (at < message.size() && message[at] != 0) at += std::size_t{1} + message[at];
  at += 5;  // the root label, type, class
  return at <= message.size() ? at : 0;
}

bool EqualIgnoringCase(ByteView a, ByteView b) { return DnsName(AsText(a)) == DnsName(AsText(b)); }

}  // namespace

std::string NameOf(Rcode rcode) {
  constexpr std::string_view kNames[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                         "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                         "NXRRSET", "NOTAUTH", "NOTZONE"};
  const auto index = static_cast<std::size_t>(rcode);
  return index < std::size(kNames) ? std::string(kNames[index]) : fmt::format("rcode {}", index);
}

std::vector<std::string> DnsReply::ValuesOf(std::string_view owner, RecordType type) const {
  std::vector<std::string> values;
  for (const DnsRecord& record : answer) {
    if (record.owner == owner && record.type == type) values.push_back(record.value);
  }
  return values;
}

Result<Bytes> QueryMessage(std::string_view name, RecordType type, std::uint16_t id,
                           bool recursive) {
  ASSIGN_OR_RETURN(LdnsName rdf, NameFromText(name));
  const LdnsPacket packet(ldns_pkt_query_new(rdf.release(), static_cast<ldns_rr_type>(type),
                                             LDNS_RR_CLASS_IN, recursive ? LDNS_RD : 0));
  if (packet == nullptr) return Error(Reason::kInternal, "a DNS query cannot be made");
  ldns_pkt_set_id(packet.get(), id);
  return Encode(packet.get());
}

Result<Bytes> UpdateMessage(std::string_view zone, const TxtChange& change, std::uint16_t id) {
  ASSIGN_OR_RETURN(const LdnsRecords records, RecordsOf(change));
  ASSIGN_OR_RETURN(LdnsName rdf, NameFromText(zone));
  const LdnsPacket packet(
      ldns_update_pkt_new(rdf.release(), LDNS_RR_CLASS_IN, nullptr, records.get(), nullptr));
  if (packet == nullptr) return Error(Reason::kInternal, "a DNS update cannot be made");
  ldns_pkt_set_id(packet.get(), id);
  ldns_pkt_set_rd(packet.get(), false);
  return Encode(packet.get());
}

Result<DnsReply> ParseReply(ByteView message) {
  ldns_pkt* parsed = nullptr;
  const ldns_status status = ldns_wire2pkt(&parsed, message.data(), message.size());
  const LdnsPacket packet(parsed);
  if (status != LDNS_STATUS_OK) {
    return Error(Reason::kDnsUnavailable,
                 fmt::format("the answer is no DNS message: {}", ldns_get_errorstr_by_id(status)));
  }
  return DnsReply{.rcode = static_cast<Rcode>(ldns_pkt_get_rcode(parsed)),
                  .authoritative = ldns_pkt_aa(parsed),
                  .answer = RecordsOf(ldns_pkt_answer(parsed)),
                  .authority = RecordsOf(ldns_pkt_authority(parsed))};
}

bool Answers(ByteView reply, ByteView request) {
  if (reply.size() < kHeader || reply[0] != request[0] || reply[1] != request[1]) return false;
  if ((reply[2] & kReplyBit) == 0 || ((reply[2] ^ request[2]) & kOpcodeBits) != 0) return false;
  const bool is_update = (request[2] & kOpcodeBits) != 0;
  const bool has_no_question = reply[4] == 0 && reply[5] == 0;
  // A server that cannot read the request need not repeat its question (RFC 1035: FORMERR).
  if (has_no_question) return is_update || (reply[3] & 0x0FU) != 0;
  const std::size_t end = EndOfQuestion(request);
  return reply.size() >= end && EqualIgnoringCase(reply.subspan(kHeader, end - kHeader),
                                                  request.subspan(kHeader, end - kHeader));
}

bool IsTruncated(ByteView reply) { return (reply[2] & kTruncatedBit) != 0; }

}  // namespace certbroker::acme
