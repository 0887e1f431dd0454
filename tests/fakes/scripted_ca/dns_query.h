// tests/fakes/scripted_ca/dns_query.h: TXT records, asked of one name server over UDP (RFC 1035
// §4).
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/fakes/scripted_ca/problem.h"

namespace certbroker::scripted_ca {

struct DnsServer {
  std::string address;                       // "127.0.0.1:5353", "[::1]:53"
  std::chrono::milliseconds timeout{2'000};  // of one try
  int tries = 3;
};

// The TXT records of `name`, each with its strings joined; those behind a CNAME where there is one.
// Empty: there are none. "dns": no answer, a truncated or unreadable one, SERVFAIL, NXDOMAIN and
// the like.
Outcome<std::vector<std::string>> QueryTxt(const DnsServer& server, const std::string& name);

}  // namespace certbroker::scripted_ca
