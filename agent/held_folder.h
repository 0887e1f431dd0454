// agent/held_folder.h: a folder that is worked in through its descriptor, so that nobody who may
// rename or replace the names that lead there can turn the work elsewhere.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

#include "core/result.h"
#include "core/unique_fd.h"

namespace certbroker::agent {

// Move-only; several threads may use it for different names. A `name` is one component of a path,
// never a path. Errors: kFileUnusable, with the path it was reached by.
class HeldFolder {
 public:
  // Through symbolic links, as whoever named the path means it.
  static Result<HeldFolder> Open(const std::filesystem::path& path);

  // The folder `name` in this one. One that is missing is made, with exactly `mode` whatever the
  // umask; one that is there keeps its mode. A symbolic link is refused, wherever it points.
  Result<HeldFolder> MakeInside(std::string_view name, mode_t mode) const;
  // As WriteDurably in durable_file.h.
  Result<void> Write(std::string_view name, std::string_view content, mode_t mode) const;
  // The file is gone after a crash too; one that is not there is a success.
  Result<void> Remove(std::string_view name) const;
  // What was made, renamed or removed here survives a crash.
  Result<void> Sync() const;
  // That this process may make and remove files here.
  Result<void> CheckWritable() const;

 private:
  HeldFolder(UniqueFd fd, std::filesystem::path path)
      : fd_(std::move(fd)), path_(std::move(path)) {}
  Result<UniqueFd> OpenInside(const std::string& name) const;

  UniqueFd fd_;
  std::filesystem::path path_;  // for people only
};

}  // namespace certbroker::agent
