// core/ports/caa_source.h: which CAA records hold for a name (RFC 8659 §3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/identifier.h"
#include "core/result.h"

namespace certbroker {

// RFC 8659 §4.1, as in the zone; nothing is normalised.
struct CaaRecord {
  std::uint8_t flags = 0;
  std::string tag;
  std::string value;

  friend bool operator==(const CaaRecord&, const CaaRecord&) = default;
};

// The first set met on the way up from a name. No records: there is none up to the top-level
// domain.
struct CaaRecordSet {
  std::string name;  // whose records they are, an alias' target it may be; lower case, no last dot
  std::vector<CaaRecord> records;
};

// What records that stand against a CA do to an order, before the CA is asked. kWarn: a line in the
// order's history, no more; for networks whose name servers do not answer as the world's do.
enum class CaaMode { kOff, kWarn, kRequire };

// Thread-safe; blocks for name servers, at most until `deadline`.
class CaaSource {
 public:
  virtual ~CaaSource() = default;

  // For a wildcard the set of the name without "*."; for an IP address none (RFC 8659 is about
  // names). kDnsUnavailable when one name on the way cannot be looked up: a CA would refuse then
  // (RFC 8659 §3, "errors other than no such record").
  virtual Result<CaaRecordSet> Find(const Identifier& identifier, SteadyTime deadline) = 0;
};

}  // namespace certbroker
