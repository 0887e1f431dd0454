#include "agent/held_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "agent/durable_file.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

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

Result<HeldFolder> HeldFolder::Open(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), kFolderFlags));
  if (!fd.valid()) return FileError("opening folder", path, errno);
  return HeldFolder(std::move(fd), path);
}

Result<HeldFolder> HeldFolder::MakeInside(std::string_view name, mode_t mode) const {
  const std::string own(name);
  const bool made = ::mkdirat(fd_.get(), own.c_str(), mode) == 0;
  if (!made && errno != EEXIST) return FileError("making folder", path_ / own, errno);
  ASSIGN_OR_RETURN(UniqueFd fd, OpenInside(own));
  if (made) {
    if (::fchmod(fd.get(), mode) != 0) return FileError("making folder", path_ / own, errno);
    RETURN_IF_ERROR(Sync());
  }
  return HeldFolder(std::move(fd), path_ / own);
}

Result<UniqueFd> HeldFolder::OpenInside(const std::string& name) const {
  UniqueFd fd(::openat(fd_.get(), name.c_str(), kFolderFlags | O_NOFOLLOW));
  if (fd.valid()) return fd;
  const int why = errno;
  struct stat status {};
  if (::fstatat(fd_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISLNK(status.st_mode)) {
    return Error(Reason::kFileUnusable,
                 fmt::format("{} is a symbolic link, which might lead anywhere: make it a folder",
                             Printable((path_ / name).string())));
  }
  return FileError("opening folder", path_ / name, why);
}

Result<void> HeldFolder::Write(std::string_view name, std::string_view content, mode_t mode) const {
  const std::string own(name);
  const std::string beside = fmt::format(".{}.new", name);
  ::unlinkat(fd_.get(), beside.c_str(), 0);
  // Created closed to others; the mode is set before there is anything to read.
  const UniqueFd fd(::openat(fd_.get(), beside.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid() || ::fchmod(fd.get(), mode) != 0) {
    return FileError("making", path_ / beside, errno);
  }
  RETURN_IF_ERROR(WriteAll(fd.get(), content, path_ / beside));
  if (::fsync(fd.get()) != 0) return FileError("flushing", path_ / beside, errno);
  if (::renameat(fd_.get(), beside.c_str(), fd_.get(), own.c_str()) != 0) {
    return FileError("making", path_ / own, errno);
  }
  return Sync();
}

Result<void> HeldFolder::Remove(std::string_view name) const {
  const std::string own(name);
  if (::unlinkat(fd_.get(), own.c_str(), 0) != 0) {
    if (errno == ENOENT) return {};
    return FileError("removing", path_ / own, errno);
  }
  return Sync();
}

Result<void> HeldFolder::Sync() const {
  if (::fsync(fd_.get()) != 0) return FileError("flushing folder", path_, errno);
  return {};
}

Result<void> HeldFolder::CheckWritable() const {
  if (::faccessat(fd_.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) {
    return FileError("writing in", path_, errno);
  }
  return {};
}

}  // namespace certbroker::agent
