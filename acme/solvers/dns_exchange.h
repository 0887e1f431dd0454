// acme/solvers/dns_exchange.h: one DNS message to one server, and its answer.
#pragma once

#include <chrono>
#include <cstdint>

#include "acme/solvers/server_address.h"
#include "core/bytes.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::acme {

// Thread-safe; blocks. Sockets of its own for every exchange, so that the kernel chooses the source
// port and drops what others send.
class DnsExchange {
 public:
  DnsExchange(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  const Clock& clock() const { return clock_; }
  // For the next message; not to be guessed.
  std::uint16_t NewId();

  // Over UDP, sent twice at the most; over TCP when the answer was cut off, when UDP brings none,
  // or when the message is too large for it. Octets that do not answer `request` are passed over.
  // kDnsUnavailable, with the server and what happened, when there is no answer by `deadline`.
  Result<Bytes> Ask(const ServerAddress& server, ByteView request, SteadyTime deadline);

 private:
  Result<Bytes> OverUdp(const ServerAddress& server, ByteView request, SteadyTime deadline);
  Result<Bytes> OverTcp(const ServerAddress& server, ByteView request, SteadyTime deadline);

  const Clock& clock_;
  Random& random_;
};

}  // namespace certbroker::acme
