// agent/alpn_context.h: TLS as tls-alpn-01 wants it (RFC 8737 §3, §4): for clients that offer
// "acme-tls/1" and a server name that there is an answer for, and for nobody else.
#pragma once

#include <memory>

#include "agent/alpn_answers.h"
#include "core/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace certbroker::agent {

struct SslFree {
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_st* connection) const;
};
using SslPtr = std::unique_ptr<ssl_st, SslFree>;

// TLS 1.2 and newer, no resumption, no renegotiation. Refuses by the alerts no_application_protocol
// and unrecognized_name, in this order: who does not speak the protocol does not learn which names
// are being validated.
//
// Used by one thread, and so are its connections.
class AlpnContext {
 public:
  // `answers` must outlive it. kInternal: OpenSSL makes no context.
  static Result<AlpnContext> Make(const AlpnAnswers& answers);

  // The server's side of a handshake on `socket`. Sets `shown` to the answer that it chooses; both
  // must outlive the connection. nullptr: no memory.
  SslPtr NewConnection(int socket, std::shared_ptr<const AlpnAnswer>& shown) const;

 private:
  struct Callbacks;  // what OpenSSL calls
  explicit AlpnContext(std::unique_ptr<ssl_ctx_st, SslFree> context)
      : context_(std::move(context)) {}

  std::unique_ptr<ssl_ctx_st, SslFree> context_;
};

}  // namespace certbroker::agent
