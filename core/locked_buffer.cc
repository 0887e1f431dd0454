#include "core/locked_buffer.h"

#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero is not in <cstring>
#include <sys/mman.h>

#include <utility>

#include "core/check.h"

namespace certbroker {

LockedBuffer::LockedBuffer(std::size_t size) {
  if (size == 0) return;
  void* const pages =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CERTBROKER_CHECK(pages != MAP_FAILED);
  octets_ = {static_cast<char*>(pages), size};
  locked_ = ::mlock(pages, size) == 0;
  ::madvise(pages, size, MADV_DONTDUMP);
}

LockedBuffer::LockedBuffer(LockedBuffer&& other) noexcept
    : octets_(std::exchange(other.octets_, {})), locked_(std::exchange(other.locked_, false)) {}

LockedBuffer& LockedBuffer::operator=(LockedBuffer&& other) noexcept {
  std::swap(octets_, other.octets_);
  std::swap(locked_, other.locked_);
  return *this;
}

LockedBuffer::~LockedBuffer() {
  if (octets_.empty()) return;
  ::explicit_bzero(octets_.data(), octets_.size());
  ::munmap(octets_.data(), octets_.size());
}

}  // namespace certbroker
