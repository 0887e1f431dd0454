// agent/tls_challenge_server.h: the agent's own server for tls-alpn-01 (RFC 8737), for the time
// that an order takes.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/alpn_answers.h"
#include "agent/alpn_context.h"
#include "agent/alpn_handshake.h"
#include "agent/challenge.h"
#include "core/clock.h"
#include "inbound/listen_socket.h"

struct pollfd;

namespace certbroker::agent {

// Shakes hands by "acme-tls/1" with whoever asks for the name of a presented challenge, shows the
// certificate that answers it, and ends the connection; everybody else is refused by an alert. One
// thread of its own for all connections. At most 256 of them at a time, 16 from one address unless
// the socket is a loopback one: the newest is always let in, and the oldest goes for it, so that
// idle ones keep nobody out.
class TlsChallengeServer final : public ChallengeSolver {
 public:
  // Serves on `socket` at once. `on_fetch` is called from the server's thread, after a handshake is
  // complete. A connection ends `connection_limit` after it began, whatever it is doing. `clock`
  // dates the certificates. kInternal.
  static Result<std::unique_ptr<TlsChallengeServer>> Start(
      inbound::ListenSocket socket, const Clock& clock, FetchListener on_fetch,
      std::chrono::milliseconds connection_limit = std::chrono::milliseconds{5'000});
  ~TlsChallengeServer() override;

  std::uint16_t port() const { return socket_.port; }

  // Errors: AlpnAnswers::Put.
  Result<void> Present(const Challenge& challenge) override;
  Result<void> Remove(const std::string& token) override;
  std::size_t presented() const override { return answers_.size(); }

 private:
  TlsChallengeServer(inbound::ListenSocket socket, const Clock& clock, FetchListener on_fetch,
                     std::chrono::milliseconds connection_limit);
  Result<void> Run();
  // The thread's, all of them.
  void Serve(const std::stop_token& stop);
  void Wait(std::vector<pollfd>& polled);
  void GoOn(const std::vector<pollfd>& polled);
  void DropEnded();
  void Accept();
  void MakeRoomFor(const std::string& peer);

  const inbound::ListenSocket socket_;
  const Clock& clock_;
  const SystemClock ticks_;  // a peer's patience is real; no test could own this time
  const FetchListener on_fetch_;
  const std::chrono::milliseconds connection_limit_;
  const std::size_t per_address_;
  UniqueFd wake_;
  AlpnAnswers answers_;
  std::unique_ptr<AlpnContext> context_;
  std::list<AlpnHandshake> connections_;  // the thread's; the oldest first
  SteadyTime accept_again_;               // the thread's; not before, when there is no descriptor
  std::jthread thread_;
};

}  // namespace certbroker::agent
