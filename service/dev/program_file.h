// service/dev/program_file.h: a program that is held open, so that it can be run later by whoever
// may no longer walk to it.
//
// A checkout under /root is closed to other users. The stack gives up root before it starts
// anything, so every program is opened before that and run through its descriptor.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.h"
#include "core/unique_fd.h"

namespace certbroker::dev {

// Move-only; immutable.
class ProgramFile {
 public:
  // `path` as is when it has a '/', else looked up in PATH. A script is run by its path after all,
  // because its interpreter opens it a second time. kConfigInvalid, with what to do about it, when
  // there is no such program.
  static Result<ProgramFile> Open(const std::filesystem::path& path);
  // The program that is running.
  static Result<ProgramFile> Self();

  const std::filesystem::path& path() const { return path_; }
  int fd() const { return fd_.get(); }

 private:
  ProgramFile(std::filesystem::path path, UniqueFd fd)
      : path_(std::move(path)), fd_(std::move(fd)) {}

  std::filesystem::path path_;
  UniqueFd fd_;
};

}  // namespace certbroker::dev
