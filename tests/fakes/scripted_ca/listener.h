// tests/fakes/scripted_ca/listener.h: where the server listens, known before the server exists: its
// URLs need the port.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"

namespace certbroker::scripted_ca {

// A listening TCP socket. Move-only.
class Listener {
 public:
  // "127.0.0.1:0", "[::1]:14000". kConfigInvalid: no such address; kInternal: in use.
  static Result<Listener> Bind(const std::string& address);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  int Release();  // the descriptor, which is the caller's now
  const std::string& authority() const { return authority_; }  // "127.0.0.1:40123"
  const std::string& host() const { return host_; }            // "127.0.0.1"
  std::uint16_t port() const { return port_; }

 private:
  Listener() = default;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::string host_;
  std::string authority_;
};

}  // namespace certbroker::scripted_ca
