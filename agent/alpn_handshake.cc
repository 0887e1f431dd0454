#include "agent/alpn_handshake.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace certbroker::agent {

AlpnHandshake::AlpnHandshake(const AlpnContext& context, UniqueFd socket, std::string peer,
                             SteadyTime deadline)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      deadline_(deadline),
      ssl_(context.NewConnection(socket_.get(), shown_)),
      stage_(ssl_ == nullptr ? Stage::kOver : Stage::kShaking),
      awaited_(POLLIN) {}

void AlpnHandshake::GoOn() {
  if (stage_ == Stage::kShaking) {
    Shake();
  } else {
    Leave();
  }
}

void AlpnHandshake::Shake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) {
    seen_ = shown_;
    SSL_shutdown(ssl_.get());
  } else {
    const int error = SSL_get_error(ssl_.get(), done);
    awaited_ = error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
  }
  ERR_clear_error();
  // What is closed while there is something unread is reset, and the peer may lose the alert.
  ::shutdown(socket_.get(), SHUT_WR);
  stage_ = Stage::kLeaving;
  awaited_ = POLLIN;
}

void AlpnHandshake::Leave() {
  std::array<char, 4096> ignored{};
  const ssize_t got = ::recv(socket_.get(), ignored.data(), ignored.size(), 0);
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) return;
  stage_ = Stage::kOver;
}

}  // namespace certbroker::agent
