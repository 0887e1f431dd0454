#include "service/dev/stack_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "service/dev/system_error.h"

namespace certbroker::dev {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLock = "stack.lock";
constexpr std::string_view kMade[] = {
    "stack.json", "certbrokerd.toml", "policy.toml",      "pki", "log", "postgres",
    "token",      "pebble",           "pebble-roots.pem", "run"};
// sun_path holds 108 octets with the terminating 0; this is the longest name that goes in there.
constexpr std::size_t kSocketLimit = 107;
constexpr std::string_view kLongestSocket = "/.s.PGSQL.5432";
constexpr std::string_view kShortRun = "/tmp/certbroker-dev-";

Error Refused(const fs::path& path, std::string_view why) {
  return {Reason::kConfigInvalid,
          fmt::format("{} cannot hold a development stack: {}", path.string(), why)};
}

// A sealed token store has folders that even their owner may not write to.
void MakeRemovable(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(fs::symlink_status(path, ignored))) return;
  fs::permissions(path, fs::perms::owner_all, fs::perm_options::add, ignored);
  for (const auto& entry : fs::recursive_directory_iterator(path, ignored)) {
    if (fs::is_directory(entry.symlink_status(ignored))) {
      fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
  }
}

Result<void> Remove(const fs::path& path) {
  std::error_code failed;
  // Only a link that a stack made is followed.
  const auto target = fs::read_symlink(path, failed);
  if (!failed && target.string().starts_with(kShortRun)) fs::remove_all(target, failed);
  MakeRemovable(path);
  fs::remove_all(path, failed);
  if (failed) return SystemError(fmt::format("removing {}", path.string()), failed.value());
  return {};
}

Result<void> MakeFolder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  return SystemError(fmt::format("making {}", path.string()));
}

bool IsEmpty(const fs::path& path) {
  std::error_code failed;
  return fs::is_empty(path, failed) && !failed;
}

}  // namespace

Result<void> HandOver(const fs::path& path, UserIds user) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) return SystemError(fmt::format("making {}", path.string()), failed.value());
  // Through a descriptor that does not follow links: what is looked at is what is handed over.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts = {};
  if (!fd.valid() || ::fstat(fd.get(), &facts) != 0) {
    return SystemError(fmt::format("opening {}", path.string()));
  }
  if (facts.st_uid == user.uid) return {};
  if (facts.st_uid != 0) return Refused(path, "it belongs to another user");
  if (!IsEmpty(path)) return Refused(path, "it is root's and not empty; name a new folder");
  if (::fchown(fd.get(), user.uid, user.gid) != 0) {
    return SystemError(fmt::format("handing over {}", path.string()));
  }
  return {};
}

Result<StackDirectory> StackDirectory::Claim(const fs::path& path) {
  std::error_code failed;
  const fs::path absolute = fs::absolute(path, failed).lexically_normal();
  fs::create_directories(absolute, failed);
  // The name that is left, with links resolved, is what programs are told.
  const fs::path real = fs::canonical(absolute, failed);
  if (failed || ::access(real.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Refused(
        absolute, fmt::format("user {} cannot make it, enter it or write to it; name a folder that "
                              "this user can reach, under /tmp for example",
                              ::geteuid()));
  }
  const fs::path lock_path = real / kLock;
  if (!fs::exists(lock_path) && !IsEmpty(real)) {
    return Refused(real, "it holds files that are no stack of certbrokerd dev; name a new folder");
  }
  UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) return SystemError(fmt::format("opening {}", lock_path.string()));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Refused(real, "a stack is running there; end it, or name another folder");
  }
  StackDirectory directory(real, std::move(lock));
  if (::chmod(real.c_str(), 0700) != 0) return SystemError("closing the folder to others");
  RETURN_IF_ERROR(directory.Empty());
  RETURN_IF_ERROR(directory.MakeFolders());
  return directory;
}

Result<void> StackDirectory::Empty() const {
  for (const auto name : kMade) RETURN_IF_ERROR(Remove(path_ / name));
  return {};
}

Result<void> StackDirectory::MakeFolders() {
  for (const auto name : {"pki", "log", "postgres", "token", "pebble"}) {
    RETURN_IF_ERROR(MakeFolder(path_ / name));
  }
  run_ = path_ / "run";
  if (run_.string().size() + kLongestSocket.size() <= kSocketLimit) return MakeFolder(run_);
  std::string elsewhere = std::string(kShortRun) + "XXXXXX";
  if (::mkdtemp(elsewhere.data()) == nullptr) return SystemError("making a folder for sockets");
  // The link is how a later stack finds what a killed one left behind.
  std::error_code failed;
  fs::create_directory_symlink(elsewhere, run_, failed);
  if (failed) return SystemError(fmt::format("linking {}", run_.string()), failed.value());
  run_ = elsewhere;
  return {};
}

StackDirectory::~StackDirectory() {
  if (!lock_.valid()) return;
  std::error_code ignored;
  fs::remove(path_ / "stack.json", ignored);
  if (run_.string().starts_with(kShortRun)) fs::remove_all(run_, ignored);
}

fs::path StackDirectory::log(std::string_view name) const {
  return path_ / "log" / fmt::format("{}.log", name);
}

}  // namespace certbroker::dev
