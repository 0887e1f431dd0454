// agent/file_lock.h: a lock between processes, on a file that exists for it.
#pragma once

#include <filesystem>

#include "client/wait.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace certbroker::agent {

// Move-only. What is held ends with the value, and with the process, however it ends (flock(2)).
class FileLock {
 public:
  enum class Hold {
    kShared,
    kAlone,
  };

  // Makes the file (mode 0600) if it is missing; holds nothing yet. kFileUnusable.
  static Result<FileLock> Open(const std::filesystem::path& path);

  // Instead of what was held before, which is let go for a moment. False: others are in the way,
  // and nothing is held now. kFileUnusable.
  Result<bool> Try(Hold hold) const;
  // Tries again until `limit` has passed (false), with pauses of `wait`; kCancelled: it was ended.
  Result<bool> WaitFor(Hold hold, std::chrono::milliseconds limit, const client::Wait& wait) const;

 private:
  FileLock(UniqueFd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::filesystem::path path_;  // for people
};

}  // namespace certbroker::agent
