// acme/solvers/zone_update.h: one change of a zone, sent to the servers that take it (RFC 2136).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "acme/solvers/dns_exchange.h"
#include "acme/solvers/dns_message.h"
#include "acme/solvers/tsig.h"

namespace certbroker::acme {

// Thread-safe; blocks, at most until the deadline.
class ZoneUpdater {
 public:
  // `key`: nothing for a server that goes by the client's address; then answers are believed as
  // they come. `timeout`: for one server's answer.
  ZoneUpdater(std::vector<ServerAddress> servers, std::optional<TsigKey> key,
              std::chrono::milliseconds timeout, DnsExchange& exchange)
      : servers_(std::move(servers)),
        key_(std::move(key)),
        timeout_(timeout),
        exchange_(exchange) {}

  // Asks one server after the other until one has done it, said so, and signed that. The same
  // change may be sent twice: it does no harm.
  //
  // kDnsUpdateRefused when at least one server said no, kDnsUnavailable otherwise; each with what
  // every server said and what to do about it.
  Result<void> Apply(std::string_view zone, const TxtChange& change, SteadyTime deadline);

 private:
  Result<void> ApplyAt(const ServerAddress& server, std::string_view zone, const TxtChange& change,
                       SteadyTime deadline);
  Result<void> ReadVerdict(const ServerAddress& server, std::string_view zone,
                           const TxtChange& change, ByteView reply, const SignedMessage& request);

  const std::vector<ServerAddress> servers_;
  const std::optional<TsigKey> key_;
  const std::chrono::milliseconds timeout_;
  DnsExchange& exchange_;
};

}  // namespace certbroker::acme
