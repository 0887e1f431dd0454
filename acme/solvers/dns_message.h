// acme/solvers/dns_message.h: DNS messages (RFC 1035 §4), made and read: the one place where ldns
// turns octets into records.
//
// Pure; functions and values. Names are texts as in dns_name.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

namespace certbroker::acme {

// IANA's numbers of the types that we ask for; a record of another type has another number.
enum class RecordType : std::uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kTxt = 16,
  kAaaa = 28,
  kCaa = 257,
};

// RFC 1035 §4.1.1, RFC 2136 §2.2.
enum class Rcode : int {
  kNoError = 0,
  kFormErr = 1,
  kServFail = 2,
  kNxDomain = 3,
  kNotImp = 4,
  kRefused = 5,
  kYxDomain = 6,
  kYxRrset = 7,
  kNxRrset = 8,
  kNotAuth = 9,
  kNotZone = 10,
};
std::string NameOf(Rcode rcode);  // "SERVFAIL", "rcode 11"

struct DnsRecord {
  std::string owner;
  RecordType type = RecordType::kA;
  // kA, kAaaa: the address as text. kNs, kCname: the name. kTxt: the strings, joined. kCaa: the
  // data as on the wire. Others: empty.
  std::string value;
};

struct DnsReply {
  Rcode rcode = Rcode::kNoError;
  bool authoritative = false;
  std::vector<DnsRecord> answer;
  std::vector<DnsRecord> authority;

  // The answer's values of that owner and type.
  std::vector<std::string> ValuesOf(std::string_view owner, RecordType type) const;
};

// One TXT value of a name, to be added or to be taken away (RFC 2136 §2.5.1, §2.5.4).
struct TxtChange {
  enum class Kind { kAdd, kRemove };
  Kind kind = Kind::kAdd;
  std::string name;
  std::string value;      // at most 255 octets
  std::uint32_t ttl = 0;  // seconds; kAdd only
};

// kInvalidArgument when `name` is no name of the DNS.
Result<Bytes> QueryMessage(std::string_view name, RecordType type, std::uint16_t id,
                           bool recursive);

// An UPDATE of `zone`. kInvalidArgument when a name is none or the value too long.
Result<Bytes> UpdateMessage(std::string_view zone, const TxtChange& change, std::uint16_t id);

// kDnsUnavailable when the octets are no well-formed message.
Result<DnsReply> ParseReply(ByteView message);

// Whether `reply` belongs to `request`: the same id and operation, and the same question, which the
// answer to an UPDATE may leave out.
bool Answers(ByteView reply, ByteView request);
// The server had more to say than fits (RFC 1035 §4.1.1, TC). Precondition: Answers().
bool IsTruncated(ByteView reply);

}  // namespace certbroker::acme
