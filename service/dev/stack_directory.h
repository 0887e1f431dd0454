// service/dev/stack_directory.h: the folder that a development stack lives in.
//
// A folder that was left by an earlier stack is emptied of what that stack made, and used again: a
// stack cannot go on with it, because Pebble keeps its accounts and orders in memory, and a
// database that remembers what the CA has forgotten is of no use. Files that others put there are
// left alone. A folder that holds anything else, belongs to somebody else, or is in use is refused.
//
//   DIR/stack.lock          who uses it (locked while the stack runs)
//   DIR/stack.json          how to join; there only while the stack is ready
//   DIR/certbrokerd.toml, policy.toml
//   DIR/pki/, log/, postgres/, token/, pebble/
//   DIR/run/                Unix sockets; leads elsewhere when DIR's own path is too long for them
#pragma once

#include <filesystem>
#include <optional>

#include "core/result.h"
#include "core/unique_fd.h"
#include "service/dev/unprivileged_user.h"

namespace certbroker::dev {

// As root, before root is given up: makes `path` if it is missing, and hands it to `user`. Does
// nothing to a folder that is `user`'s already. kConfigInvalid when it belongs to a third.
Result<void> HandOver(const std::filesystem::path& path, UserIds user);

// Move-only. Claimed while it lives; the destructor removes stack.json and a run folder elsewhere.
class StackDirectory {
 public:
  // Makes `path` if it is missing, claims and empties it. kConfigInvalid with the reason when it
  // may not be used.
  static Result<StackDirectory> Claim(const std::filesystem::path& path);

  StackDirectory(StackDirectory&&) noexcept = default;
  StackDirectory& operator=(StackDirectory&&) = delete;
  ~StackDirectory();

  const std::filesystem::path& path() const { return path_; }
  // Where Unix sockets go: DIR/run, or a folder under /tmp (mode 0700 as well) when a socket there
  // would have more than the 107 octets that the kernel takes.
  const std::filesystem::path& run() const { return run_; }
  std::filesystem::path log(std::string_view name) const;

 private:
  StackDirectory(std::filesystem::path path, UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  Result<void> Empty() const;
  Result<void> MakeFolders();

  std::filesystem::path path_;
  std::filesystem::path run_;
  UniqueFd lock_;
};

}  // namespace certbroker::dev
