// service/dev/dns_program.h: the program that makes the stack's DNS records: what an operator of a
// real zone writes for their own DNS, for Pebble's challenge test server.
#pragma once

#include <string>

namespace certbroker::dev {

// Everything below it is proven by DNS records in the stack.
inline constexpr const char* kDnsZone = "dns.test";

// A bash script in the form of lego's `exec` provider (docs/dns.md): present|cleanup FQDN. VALUE.
// `port`: of the challenge test server's management interface on loopback. Its clean-up takes all
// values of a name: the test server cannot do less.
std::string DnsProgram(int port);

}  // namespace certbroker::dev
