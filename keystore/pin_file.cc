#include "keystore/pin_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>

#include "core/locked_buffer.h"
#include "core/unique_fd.h"

namespace certbroker::keystore {
namespace {

constexpr std::size_t kMaxPin = 255;
constexpr mode_t kGroupAndOthers = 077;
constexpr mode_t kOthersOrGroupWrite = 027;

Error Refused(const std::string& name, std::string_view why) {
  return {Reason::kConfigInvalid, fmt::format("PIN file {}: {}", Printable(name), why)};
}

std::string SystemMessage(int number) { return std::generic_category().message(number); }

std::string CannotBeOpened(int number) {
  if (number == ELOOP) return "a symbolic link; name the file that it leads to";
  return fmt::format("cannot be opened: {}; it must hold the PIN on one line",
                     SystemMessage(number));
}

// How many octets there were, at most as many as there is room for. Negative: errno says why.
ssize_t ReadAll(int fd, std::span<char> room) {
  std::size_t size = 0;
  while (size < room.size()) {
    const ssize_t got = ::read(fd, room.data() + size, room.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return got;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(size);
}

}  // namespace

std::string PinFileProblem(const struct stat& status, uid_t us) {
  if (!S_ISREG(status.st_mode)) return "not a regular file";
  // Root may run the tools on a service's file: whose it is, it could read and change it anyway.
  const bool ours = status.st_uid == us || us == 0;
  if (!ours && status.st_uid != 0) {
    return fmt::format(
        "belongs to user {}, who could change it; chown it to root or to the user "
        "that reads it",
        status.st_uid);
  }
  const mode_t forbidden = ours ? kGroupAndOthers : kOthersOrGroupWrite;
  if ((status.st_mode & forbidden) == 0) return "";
  return fmt::format("mode {:04o} lets others than its reader at the PIN; chmod {}",
                     status.st_mode & 07777U, ours ? "0400" : "0440");
}

Result<Secret> ReadPinFile(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!file.valid()) return Refused(path, CannotBeOpened(errno));
  // The opened file, not its path: nobody can swap it between check and read.
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Refused(path, SystemMessage(errno));
  if (const std::string problem = PinFileProblem(status, ::geteuid()); !problem.empty()) {
    return Refused(path, problem);
  }
  return ReadPinFrom(file.get(), path);
}

Result<Secret> ReadPinFrom(int fd, const std::string& name) {
  // Room for one octet too many and a newline, so that what is too long is noticed.
  LockedBuffer buffer(kMaxPin + 2);
  const ssize_t size = ReadAll(fd, buffer.octets());
  if (size < 0) return Refused(name, SystemMessage(errno));
  std::string_view pin(buffer.octets().data(), static_cast<std::size_t>(size));
  if (pin.ends_with('\n')) pin.remove_suffix(1);
  if (pin.empty()) return Refused(name, "empty; it must hold the PIN on one line");
  if (pin.size() > kMaxPin) return Refused(name, "longer than 255 octets");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(pin, is_control)) {
    return Refused(name, "holds a control character (a second line, or a carriage return?)");
  }
  return Secret::CopyOf(pin);
}

}  // namespace certbroker::keystore
