#include "agent/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/unique_fd.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;

constexpr off_t kSizeLimit = off_t{1} << 20;

fs::path Beside(const fs::path& path) {
  return path.parent_path() / fmt::format(".{}.new", path.filename().string());
}

fs::path FolderOf(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

Result<void> WriteAll(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("writing", path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Error FileError(std::string_view doing, const fs::path& path, int error_number) {
  return {Reason::kFileUnusable, fmt::format("{} {}: {}", doing, Printable(path.string()),
                                             std::generic_category().message(error_number))};
}

Result<void> WriteDurably(const fs::path& path, std::string_view content, mode_t mode) {
  const fs::path beside = Beside(path);
  ::unlink(beside.c_str());
  // Created closed to others; the mode is set before there is anything to read.
  const UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid() || ::fchmod(fd.get(), mode) != 0) return FileError("making", beside, errno);
  RETURN_IF_ERROR(WriteAll(fd.get(), content, beside));
  if (::fsync(fd.get()) != 0) return FileError("flushing", beside, errno);
  if (::rename(beside.c_str(), path.c_str()) != 0) return FileError("making", path, errno);
  return SyncFolder(FolderOf(path));
}

Result<std::string> ReadText(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) {
    if (errno == ENOENT) {
      return Error(Reason::kNotFound, fmt::format("no file {}", Printable(path.string())));
    }
    return FileError("opening", path, errno);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return FileError("reading", path, errno);
  if (!S_ISREG(status.st_mode) || status.st_size > kSizeLimit) {
    return Error(Reason::kFileUnusable,
                 fmt::format("{} is no file of at most 1 MiB", Printable(path.string())));
  }
  // In one piece, because a growing string leaves copies behind (ReadSecret).
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(fd.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("reading", path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

Result<std::string> ReadGiven(const fs::path& path) {
  auto text = ReadText(path);
  if (!text && text.error().reason() == Reason::kNotFound) {
    return FileError("opening", path, ENOENT);
  }
  return text;
}

Result<Secret> ReadSecret(const fs::path& path) {
  auto text = ReadText(path);
  if (!text) return std::move(text).error();
  return Secret(std::move(*text));
}

Result<void> MakeFolder(const fs::path& path, mode_t mode) {
  if (path.empty() || fs::is_directory(path)) return {};
  RETURN_IF_ERROR(MakeFolder(path.parent_path(), mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return FileError("making folder", path, errno);
  }
  if (!fs::is_directory(path)) return FileError("making folder", path, ENOTDIR);
  if (::chmod(path.c_str(), mode) != 0) return FileError("making folder", path, errno);
  return SyncFolder(FolderOf(path));
}

Result<void> SyncFolder(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return FileError("flushing folder", path, errno);
  return {};
}

Result<void> RemoveDurably(const fs::path& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return FileError("removing", path, errno);
  }
  return SyncFolder(FolderOf(path));
}

Result<void> SwapLink(const fs::path& link, const fs::path& target) {
  const fs::path beside = Beside(link);
  ::unlink(beside.c_str());
  if (::symlink(target.c_str(), beside.c_str()) != 0) return FileError("making", beside, errno);
  if (::rename(beside.c_str(), link.c_str()) != 0) return FileError("making", link, errno);
  return SyncFolder(FolderOf(link));
}

}  // namespace certbroker::agent
