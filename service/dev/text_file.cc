#include "service/dev/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include <fmt/core.h>

#include "core/unique_fd.h"
#include "service/dev/system_error.h"

namespace certbroker::dev {

Result<void> WriteFile(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  const std::string beside = path.string() + ".new";
  ::unlink(beside.c_str());
  // Created closed to others; the mode is set before there is anything to read.
  const UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid() || ::fchmod(fd.get(), mode) != 0) {
    return SystemError(fmt::format("making {}", beside));
  }
  while (!content.empty()) {
    const ssize_t written = ::write(fd.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(fmt::format("writing {}", beside));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    return SystemError(fmt::format("making {}", path.string()));
  }
  return {};
}

Result<std::string> ReadFile(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT) return Error(Reason::kNotFound, fmt::format("no file {}", path.string()));
    return SystemError(fmt::format("opening {}", path.string()));
  }
  std::string content;
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(fmt::format("reading {}", path.string()));
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string TailOf(const std::filesystem::path& path, std::size_t lines) {
  const auto content = ReadFile(path);
  if (!content) return {};
  std::string_view rest = *content;
  if (!rest.empty() && rest.back() == '\n') rest.remove_suffix(1);
  std::string tail;
  for (; lines > 0 && !rest.empty(); --lines) {
    const std::size_t newline = rest.rfind('\n');
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    tail.insert(0, Printable(rest.substr(begin), 512) + "\n");
    rest = rest.substr(0, begin == 0 ? 0 : newline);
  }
  return tail;
}

}  // namespace certbroker::dev
