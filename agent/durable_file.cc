#include "agent/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "agent/held_folder.h"
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

}  // namespace

Error FileError(std::string_view doing, const fs::path& path, int error_number) {
  return {Reason::kFileUnusable, fmt::format("{} {}: {}", doing, Printable(path.string()),
                                             std::generic_category().message(error_number))};
}

Result<void> WriteDurably(const fs::path& path, std::string_view content, mode_t mode) {
  ASSIGN_OR_RETURN(const HeldFolder folder, HeldFolder::Open(FolderOf(path)));
  return folder.Write(path.filename().string(), content, mode);
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
  if (!path.has_filename()) return {};
  ASSIGN_OR_RETURN(const HeldFolder above, HeldFolder::Open(FolderOf(path)));
  auto made = above.MakeInside(path.filename().string(), mode);
  if (!made) return std::move(made).error();
  return {};
}

Result<void> SyncFolder(const fs::path& path) {
  ASSIGN_OR_RETURN(const HeldFolder folder, HeldFolder::Open(path));
  return folder.Sync();
}

Result<void> RemoveDurably(const fs::path& path) {
  ASSIGN_OR_RETURN(const HeldFolder folder, HeldFolder::Open(FolderOf(path)));
  return folder.Remove(path.filename().string());
}

Result<void> SwapLink(const fs::path& link, const fs::path& target) {
  const fs::path beside = Beside(link);
  ::unlink(beside.c_str());
  if (::symlink(target.c_str(), beside.c_str()) != 0) return FileError("making", beside, errno);
  if (::rename(beside.c_str(), link.c_str()) != 0) return FileError("making", link, errno);
  return SyncFolder(FolderOf(link));
}

}  // namespace certbroker::agent
