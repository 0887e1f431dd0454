// agent/http_challenge_server.h: the agent's own web server for http-01 (RFC 8555 §8.3), for the
// time that an order takes.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "agent/challenge.h"
#include "core/mutex.h"
#include "inbound/connection_lifetime.h"
#include "inbound/listen_socket.h"

struct MHD_Daemon;

namespace certbroker::agent {

// Answers GET and HEAD of exactly /.well-known/acme-challenge/{a presented token}, when Host is the
// name that the challenge is for, with any port or none; everything else is 404, so that it tells a
// stranger nothing. Two threads of its own. At most 512 connections at a time, 16 of them from one
// address unless the socket is a loopback one, with one request on each.
class HttpChallengeServer final : public ChallengeSolver {
 public:
  // Serves on `socket` at once. `on_fetch` is called from the server's thread, after an answer has
  // been sent to a GET. A connection ends `connection_limit` after it began, whatever it is doing.
  // kInternal.
  static Result<std::unique_ptr<HttpChallengeServer>> Start(
      inbound::ListenSocket socket, FetchListener on_fetch,
      std::chrono::milliseconds connection_limit = std::chrono::milliseconds{5'000});
  ~HttpChallengeServer() override;

  std::uint16_t port() const { return port_; }

  Result<void> Present(const Challenge& challenge) override EXCLUDES(mutex_);
  Result<void> Remove(const std::string& token) override EXCLUDES(mutex_);
  std::size_t presented() const override EXCLUDES(mutex_);

 private:
  struct Callbacks;  // what libmicrohttpd calls
  HttpChallengeServer(std::uint16_t port, FetchListener on_fetch,
                      std::chrono::milliseconds connection_limit)
      : port_(port), on_fetch_(std::move(on_fetch)), lifetime_(connection_limit) {}
  // The challenge of this name at this path; nullptr: there is none.
  std::shared_ptr<const Challenge> Find(std::string_view host, std::string_view path) const
      EXCLUDES(mutex_);

  const std::uint16_t port_;
  const FetchListener on_fetch_;
  inbound::ConnectionLifetime lifetime_;
  MHD_Daemon* daemon_ = nullptr;
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<const Challenge>, std::less<>> challenges_
      GUARDED_BY(mutex_);
};

}  // namespace certbroker::agent
