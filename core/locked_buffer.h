// core/locked_buffer.h: memory for a secret: not swapped out, in no core file, wiped when it dies.
#pragma once

#include <cstddef>
#include <span>

namespace certbroker {

// Move-only. Pages of its own, so a few octets cost a page. Where the system does not let the
// process lock memory (RLIMIT_MEMLOCK) it is used unlocked: a service that cannot start helps
// nobody.
class LockedBuffer {
 public:
  LockedBuffer() = default;
  explicit LockedBuffer(std::size_t size);  // zeroed
  LockedBuffer(LockedBuffer&& other) noexcept;
  LockedBuffer& operator=(LockedBuffer&& other) noexcept;
  LockedBuffer(const LockedBuffer&) = delete;
  LockedBuffer& operator=(const LockedBuffer&) = delete;
  ~LockedBuffer();

  std::span<char> octets() { return octets_; }
  std::span<const char> octets() const { return octets_; }
  bool locked() const { return locked_; }

 private:
  std::span<char> octets_;
  bool locked_ = false;
};

}  // namespace certbroker
