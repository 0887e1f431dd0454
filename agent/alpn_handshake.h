// agent/alpn_handshake.h: one connection to the agent's tls-alpn-01 server, which ends with the
// handshake: nothing is exchanged after it (RFC 8737 §4).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "agent/alpn_context.h"
#include "core/clock.h"
#include "core/unique_fd.h"

namespace certbroker::agent {

// One thread, whose OpenSSL error queue it leaves empty; never waits. Does not move, because
// OpenSSL knows where it is.
class AlpnHandshake {
 public:
  // `socket` does not block. `context` must outlive it.
  AlpnHandshake(const AlpnContext& context, UniqueFd socket, std::string peer, SteadyTime deadline);
  AlpnHandshake(const AlpnHandshake&) = delete;
  AlpnHandshake& operator=(const AlpnHandshake&) = delete;

  // Goes on as far as it can. Call it whenever the socket is ready for awaited().
  void GoOn();

  int socket() const { return socket_.get(); }
  short awaited() const { return awaited_; }  // events of poll(2)
  const std::string& peer() const { return peer_; }
  SteadyTime deadline() const { return deadline_; }
  // The peer is gone, or there is nothing more to wait for.
  bool over() const { return stage_ == Stage::kOver; }
  // The answer that the peer has seen, told once, when the handshake is complete; else nullptr.
  std::shared_ptr<const AlpnAnswer> TakeSeen() { return std::exchange(seen_, nullptr); }

 private:
  enum class Stage { kShaking, kLeaving, kOver };
  void Shake();
  void Leave();

  const UniqueFd socket_;
  const std::string peer_;
  const SteadyTime deadline_;
  std::shared_ptr<const AlpnAnswer> shown_;
  std::shared_ptr<const AlpnAnswer> seen_;
  const SslPtr ssl_;
  Stage stage_ = Stage::kShaking;
  short awaited_ = 0;
};

}  // namespace certbroker::agent
