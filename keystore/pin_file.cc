#include "keystore/pin_file.h"

#include <fcntl.h>
#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero is not in <cstring>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

namespace certbroker::keystore {
namespace {

constexpr std::size_t kMaxPin = 255;
constexpr mode_t kGroupAndOthers = 077;
constexpr mode_t kOthersOrGroupWrite = 027;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// Room for one octet too many and a newline, so that a file that is too long is noticed; wiped.
class PinBuffer {
 public:
  ~PinBuffer() { ::explicit_bzero(octets_.data(), octets_.size()); }
  PinBuffer() = default;
  PinBuffer(const PinBuffer&) = delete;
  PinBuffer& operator=(const PinBuffer&) = delete;

  bool ReadFrom(int fd) {
    while (size_ < octets_.size()) {
      const ssize_t got = ::read(fd, octets_.data() + size_, octets_.size() - size_);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return got == 0;
      size_ += static_cast<std::size_t>(got);
    }
    return true;
  }
  std::string_view text() const {
    std::string_view text(octets_.data(), size_);
    if (text.ends_with('\n')) text.remove_suffix(1);
    return text;
  }

 private:
  std::array<char, kMaxPin + 2> octets_{};
  std::size_t size_ = 0;
};

Error Refused(const std::string& path, std::string_view why) {
  return {Reason::kConfigInvalid, fmt::format("PIN file {}: {}", Printable(path), why)};
}

std::string SystemMessage(int number) { return std::generic_category().message(number); }

Result<void> CheckAccess(const std::string& path, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return Refused(path, "not a regular file");
  const bool ours = status.st_uid == ::geteuid();
  const mode_t forbidden = ours ? kGroupAndOthers : kOthersOrGroupWrite;
  if ((status.st_mode & forbidden) != 0) {
    return Refused(path, fmt::format("mode {:04o} lets others than its reader at the PIN; chmod {}",
                                     status.st_mode & 07777U, ours ? "0400" : "0440"));
  }
  return {};
}

}  // namespace

Result<Secret> ReadPinFile(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    return Refused(path, fmt::format("cannot be opened: {}; it must hold the PIN on one line",
                                     SystemMessage(errno)));
  }
  // The opened file, not its path: nobody can swap it between check and read.
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Refused(path, SystemMessage(errno));
  RETURN_IF_ERROR(CheckAccess(path, status));

  PinBuffer buffer;
  if (!buffer.ReadFrom(file.get())) return Refused(path, SystemMessage(errno));
  const std::string_view pin = buffer.text();
  if (pin.empty()) return Refused(path, "empty; it must hold the PIN on one line");
  if (pin.size() > kMaxPin) return Refused(path, "longer than 255 octets");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(pin, is_control)) {
    return Refused(path, "holds a control character (a second line, or a carriage return?)");
  }
  return Secret(std::string(pin));
}

}  // namespace certbroker::keystore
