// acme/caa.h: whether the CAA records of a name let a CA issue for it (RFC 8659 §4.2, §4.3, RFC
// 8657).
//
// Pure; what a CA will decide, told before it is asked and with what to change.
#pragma once

#include <string>
#include <vector>

#include "core/ports/caa_source.h"

namespace certbroker::acme {

struct CaaQuestion {
  bool wildcard = false;
  // Names by which the CA is known in CAA records: the directory's caaIdentities (RFC 8555 §7.1.1).
  std::vector<std::string> issuer_domain_names;
  std::string account_url;     // for accounturi; empty: not known, and then not held against it
  std::string challenge_type;  // for validationmethods: "dns-01"; empty: as account_url
};

struct CaaDecision {
  bool permitted = true;
  // Not permitted: which record at which name is in the way, and what to add. For people,
  // printable.
  std::string explanation;
};

CaaDecision DecideCaa(const CaaRecordSet& set, const CaaQuestion& question);

}  // namespace certbroker::acme
