#include "acme/solvers/secret_file.h"

#include <fcntl.h>
#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero is not in <cstring>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "core/unique_fd.h"

namespace certbroker::acme {
namespace {

constexpr std::size_t kMaxSecret = 4096;
constexpr mode_t kGroupAndOthers = 077;
constexpr mode_t kOthersOrGroupWrite = 027;

Error Refused(const std::string& path, std::string_view why) {
  return {Reason::kConfigInvalid, fmt::format("secret file {}: {}", Printable(path), why)};
}

Error Failed(const std::string& path, int error_number) {
  return Refused(path, std::generic_category().message(error_number));
}

Result<void> CheckAccess(const std::string& path, int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return Failed(path, errno);
  if (!S_ISREG(status.st_mode)) return Refused(path, "not a regular file");
  const bool ours = status.st_uid == ::geteuid();
  if ((status.st_mode & (ours ? kGroupAndOthers : kOthersOrGroupWrite)) != 0) {
    return Refused(path, fmt::format("mode {:04o} lets others at the secret; chmod {}",
                                     status.st_mode & 07777U, ours ? "0400" : "0440"));
  }
  return {};
}

// Wiped; one octet more than allowed, so that a longer file is noticed.
struct Buffer {
  Buffer() = default;
  ~Buffer() { ::explicit_bzero(octets.data(), octets.size()); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::array<char, kMaxSecret + 1> octets{};
  std::size_t size = 0;
};

}  // namespace

Result<Secret> ReadSecretFile(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return Failed(path, errno);
  RETURN_IF_ERROR(CheckAccess(path, file.get()));
  Buffer buffer;
  while (buffer.size < buffer.octets.size()) {
    const ssize_t got =
        ::read(file.get(), buffer.octets.data() + buffer.size, buffer.octets.size() - buffer.size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed(path, errno);
    if (got == 0) break;
    buffer.size += static_cast<std::size_t>(got);
  }
  if (buffer.size == 0) return Refused(path, "it is empty");
  if (buffer.size > kMaxSecret) return Refused(path, "it is longer than 4096 octets");
  return Secret(std::string(buffer.octets.data(), buffer.size));
}

}  // namespace certbroker::acme
