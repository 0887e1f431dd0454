// service/responder/http_responder.h: answers http-01 (RFC 8555 §8.3) for names whose port 80 leads
// to the service, by DNS or by a redirect or proxy rule on the hosts.
//
// Every replica has one, and each can answer for every order, because the answers are in the
// database. What is asked for is looked up by token and host name; nothing of a request becomes
// part of a path, and nothing else is served.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/log.h"
#include "core/ports/challenge_lookup.h"
#include "core/result.h"

namespace certbroker {

class HttpResponder {
 public:
  virtual ~HttpResponder() = default;  // answers nothing any more when it returns

  // `listen`: "address:port", "[v6]:port" with a numeric address, as inbound::Listen; port 0: any
  // free one. kConfigInvalid: it has another form, or cannot be bound. `lookup` and `log` outlive
  // the responder. It has threads of its own; at most 256 connections, 64 of them from one address.
  // One ends `connection_limit` after it began, whatever it is doing.
  static Result<std::unique_ptr<HttpResponder>> Start(
      const std::string& listen, ChallengeLookup& lookup, Log& log,
      std::chrono::milliseconds connection_limit = std::chrono::milliseconds{10'000});

  virtual int port() const = 0;
};

}  // namespace certbroker
