#include "agent/webroot.h"

#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "agent/durable_file.h"

namespace certbroker::agent {
namespace {

constexpr mode_t kFolderMode = 0755;
constexpr mode_t kFileMode = 0644;

}  // namespace

Result<std::unique_ptr<Webroot>> Webroot::Open(const std::filesystem::path& root) {
  if (!std::filesystem::is_directory(root)) return FileError("web root", root, ENOTDIR);
  std::filesystem::path folder = root / ".well-known" / "acme-challenge";
  RETURN_IF_ERROR(MakeFolder(folder, kFolderMode));
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return FileError("writing in", folder, errno);
  return std::unique_ptr<Webroot>(new Webroot(std::move(folder)));
}

Webroot::~Webroot() {
  for (const std::string& token : tokens_) ::unlink((folder_ / token).c_str());
}

Result<void> Webroot::Present(const Challenge& challenge) {
  if (!IsToken(challenge.token)) {
    return Error(Reason::kInvalidArgument,
                 fmt::format("'{}' is no token of RFC 8555", Printable(challenge.token)));
  }
  const MutexLock lock(mutex_);
  RETURN_IF_ERROR(WriteDurably(folder_ / challenge.token, challenge.key_authorization, kFileMode));
  tokens_.insert(challenge.token);
  return {};
}

Result<void> Webroot::Remove(const std::string& token) {
  const MutexLock lock(mutex_);
  if (!tokens_.contains(token)) return {};
  RETURN_IF_ERROR(RemoveDurably(folder_ / token));
  tokens_.erase(token);
  return {};
}

std::size_t Webroot::presented() const {
  const MutexLock lock(mutex_);
  return tokens_.size();
}

}  // namespace certbroker::agent
