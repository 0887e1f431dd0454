// tests/fakes/scripted_ca/dns_message.h: DNS messages (RFC 1035 §4.1), as far as a question for TXT
// records needs them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"

namespace certbroker::scripted_ca {

// A query with recursion desired and room for answers of 4096 octets (RFC 6891). Nothing: `name` is
// no name.
std::optional<Bytes> TxtQuery(std::uint16_t id, const std::string& name);

struct DnsAnswer {
  struct Record {
    std::string owner;  // lower case, without a dot at the end
    std::string alias;  // of a CNAME: where it leads; empty for a TXT
    std::string text;   // of a TXT, its strings joined
  };
  std::uint16_t id = 0;
  bool truncated = false;
  int code = 0;                 // RCODE
  std::vector<Record> records;  // of the answer section; TXT and CNAME only
};

// Nothing: no response, or not readable to the end of its answer section.
std::optional<DnsAnswer> ParseDnsAnswer(ByteView message);

}  // namespace certbroker::scripted_ca
