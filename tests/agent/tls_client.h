// tests/agent/tls_client.h: a client that looks at a tls-alpn-01 server as a CA does, or as others
// do.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>

#include "core/unique_fd.h"

namespace certbroker::agent {

// From any of this machine's loopback addresses to 127.0.0.1; invalid when nobody listens. Reading
// from it gives up after 10 s.
UniqueFd ConnectTo(std::uint16_t port, std::uint32_t from = INADDR_LOOPBACK);

// Until the peer closes, whatever it sends; false: it did not within 10 s.
bool ClosesBeforeLong(const UniqueFd& connection);

struct TlsOffer {
  std::string server_name = "a.test";  // empty: none is sent
  // As it is sent: each name behind its length. Empty: no ALPN.
  std::string protocols =
      "\x0A"
      "acme-tls/1";
  int version = 0;  // only this one, TLS1_2_VERSION; 0: any that OpenSSL thinks safe
};

struct TlsOutcome {
  bool complete = false;      // the handshake
  int alert = 0;              // that it ended with; 0: none
  std::string protocol = {};  // that the server chose
  std::string certificate_pem = {};
  bool closed = false;  // by the server, properly and without a word
};

TlsOutcome ShakeHands(const UniqueFd& connection, const TlsOffer& offer);

}  // namespace certbroker::agent
