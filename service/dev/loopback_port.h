// service/dev/loopback_port.h: a TCP port of 127.0.0.1 that is ours until somebody of ours listens.
//
// Asking the kernel for a free port, closing it and telling the number to a child leaves a window
// in which anybody may take it, and two stacks that start at once do. This keeps the port bound,
// but not listening: another reservation of ours cannot have it, the kernel gives it to nobody,
// and a server that sets SO_REUSEADDR, as servers do, may listen on it.
#pragma once

#include <cstdint>
#include <string>

#include "core/random.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace certbroker::dev {

// Move-only. Reserved while it lives.
class LoopbackPort {
 public:
  // Below the range that the kernel takes for outgoing connections, free in UDP too at the time
  // (a DNS server wants both). kInternal when there is none to be had.
  static Result<LoopbackPort> Reserve(Random& random);

  std::uint16_t number() const { return number_; }
  std::string address() const;  // "127.0.0.1:20000"

 private:
  LoopbackPort(std::uint16_t number, UniqueFd fd) : number_(number), fd_(std::move(fd)) {}

  std::uint16_t number_;
  UniqueFd fd_;
};

// Whether something accepts connections there. Blocks for a second at worst.
bool SomethingListens(std::uint16_t port);

}  // namespace certbroker::dev
