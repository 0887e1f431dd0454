#include "agent/webroot.h"

#include <climits>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace certbroker::agent {
namespace {

constexpr mode_t kChallengeFolderMode = 0755;
constexpr mode_t kFileMode = 0644;
constexpr std::size_t kMaxFileName = NAME_MAX - 5;  // HeldFolder::Write adds five for a while

// A file system takes less than RFC 8555 allows a CA.
Result<void> CheckFitsAFileName(const std::string& token) {
  if (token.size() <= kMaxFileName) return {};
  return Error(Reason::kInvalidArgument,
               fmt::format("a token of {} characters is too long for a file's name, {} at most; "
                           "use --http-listen",
                           token.size(), kMaxFileName));
}

}  // namespace

Result<std::unique_ptr<Webroot>> Webroot::Open(const std::filesystem::path& root) {
  std::error_code unknown;
  if (!std::filesystem::exists(root, unknown) && !unknown) {
    return Error(Reason::kFileUnusable,
                 fmt::format("the web root {} does not exist", Printable(root.string())));
  }
  // Below the root everything may belong to another user, who must not steer what root writes.
  ASSIGN_OR_RETURN(const HeldFolder held, HeldFolder::Open(root));
  ASSIGN_OR_RETURN(const HeldFolder well_known,
                   held.MakeInside(".well-known", kChallengeFolderMode));
  ASSIGN_OR_RETURN(HeldFolder folder,
                   well_known.MakeInside("acme-challenge", kChallengeFolderMode));
  RETURN_IF_ERROR(folder.CheckWritable());
  return std::unique_ptr<Webroot>(new Webroot(std::move(folder)));
}

Webroot::~Webroot() {
  for (const std::string& token : tokens_) {
    const auto removed = folder_.Remove(token);  // one that stays says nothing without its order
  }
}

Result<void> Webroot::Present(const Challenge& challenge) {
  RETURN_IF_ERROR(CheckForm(challenge));
  RETURN_IF_ERROR(CheckFitsAFileName(challenge.token));
  const MutexLock lock(mutex_);
  RETURN_IF_ERROR(folder_.Write(challenge.token, challenge.key_authorization, kFileMode));
  tokens_.insert(challenge.token);
  return {};
}

Result<void> Webroot::Remove(const std::string& token) {
  const MutexLock lock(mutex_);
  if (!tokens_.contains(token)) return {};
  RETURN_IF_ERROR(folder_.Remove(token));
  tokens_.erase(token);
  return {};
}

std::size_t Webroot::presented() const {
  const MutexLock lock(mutex_);
  return tokens_.size();
}

}  // namespace certbroker::agent
