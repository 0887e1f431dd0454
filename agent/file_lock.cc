#include "agent/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "agent/durable_file.h"

namespace certbroker::agent {
namespace {

constexpr std::chrono::milliseconds kLookAgain{50};

}  // namespace

Result<FileLock> FileLock::Open(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return FileError("opening", path, errno);
  return FileLock(std::move(fd), path);
}

Result<bool> FileLock::Try(Hold hold) const {
  const int how = hold == Hold::kAlone ? LOCK_EX : LOCK_SH;
  while (::flock(fd_.get(), how | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return FileError("locking", path_, errno);
    ::flock(fd_.get(), LOCK_UN);
    return false;
  }
  return true;
}

Result<bool> FileLock::WaitFor(Hold hold, std::chrono::milliseconds limit,
                               const client::Wait& wait) const {
  for (std::chrono::milliseconds waited{0};; waited += kLookAgain) {
    ASSIGN_OR_RETURN(const bool held, Try(hold));
    if (held) return true;
    if (waited >= limit) return false;
    if (!wait(kLookAgain)) return Error(Reason::kCancelled, "interrupted");
  }
}

}  // namespace certbroker::agent
