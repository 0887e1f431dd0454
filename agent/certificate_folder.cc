#include "agent/certificate_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "agent/durable_file.h"

namespace certbroker::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kState = "certificate.json";
constexpr std::string_view kCurrent = "current";
constexpr std::string_view kVersions = "versions";
constexpr auto kFiles = std::to_array<std::string_view>(
    {"privkey.pem", "cert.pem", "chain.pem", "fullchain.pem", kState});
constexpr mode_t kCertificateFolderMode = 0755;

Error NotOurs(const fs::path& path) {
  return {Reason::kFileUnusable,
          fmt::format("{} is there and was not made by certbroker-agent; move it away or choose "
                      "another --out",
                      Printable(path.string()))};
}

// Nothing at the path, or a link, which only we make there.
bool IsFreeOrLink(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) != 0 || S_ISLNK(status.st_mode);
}

Result<UniqueFd> Lock(const fs::path& folder) {
  const fs::path path = folder / ".lock";
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return FileError("writing in folder", folder, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return FileError("locking", path, errno);
  return Error(Reason::kFileUnusable,
               fmt::format("another certbroker-agent is working in {}; wait until it has ended",
                           Printable(folder.string())));
}

// Where `current` leads, as "versions/<serial>"; empty: nowhere yet.
std::string CurrentTarget(const fs::path& folder) {
  std::error_code ignored;
  return fs::read_symlink(folder / kCurrent, ignored).string();
}

}  // namespace

Result<CertificateFolder> CertificateFolder::Open(const fs::path& path) {
  RETURN_IF_ERROR(MakeFolder(path, kCertificateFolderMode));
  ASSIGN_OR_RETURN(UniqueFd lock, Lock(path));
  for (const std::string_view name : kFiles) {
    if (!IsFreeOrLink(path / name)) return NotOurs(path / name);
  }
  if (!IsFreeOrLink(path / kCurrent)) return NotOurs(path / kCurrent);
  RETURN_IF_ERROR(MakeFolder(path / kVersions, kCertificateFolderMode));
  if (::access((path / kVersions).c_str(), W_OK) != 0) {
    return FileError("writing in folder", path / kVersions, errno);
  }
  return CertificateFolder(path, std::move(lock));
}

Result<void> CertificateFolder::Install(const CertificateSet& set) {
  const std::string before = CurrentTarget(path_);
  ASSIGN_OR_RETURN(const std::string version, WriteVersion(set));
  RETURN_IF_ERROR(LinkFiles());
  const std::string target = fmt::format("{}/{}", kVersions, version);
  RETURN_IF_ERROR(SwapLink(path_ / kCurrent, target));
  RemoveVersionsBut(target, before == target ? std::string() : before);
  return {};
}

Result<std::string> CertificateFolder::WriteVersion(const CertificateSet& set) {
  const fs::path versions = path_ / kVersions;
  const std::string fullchain = set.certificate_pem + set.chain_pem;
  // A serial is unique for its CA only, and a test CA may begin anew.
  std::string name = set.state.serial;
  for (int i = 1; fs::exists(versions / name); ++i) {
    const auto there = ReadText(versions / name / "fullchain.pem");
    if (there && *there == fullchain) return name;
    name = fmt::format("{}-{}", set.state.serial, i);
  }
  const fs::path draft = versions / ".new";
  std::error_code failed;
  fs::remove_all(draft, failed);
  RETURN_IF_ERROR(MakeFolder(draft, kCertificateFolderMode));
  RETURN_IF_ERROR(WriteDurably(draft / "privkey.pem", set.key_pem.ExposeForUse(), 0600));
  RETURN_IF_ERROR(WriteDurably(draft / "cert.pem", set.certificate_pem, 0644));
  RETURN_IF_ERROR(WriteDurably(draft / "chain.pem", set.chain_pem, 0644));
  RETURN_IF_ERROR(WriteDurably(draft / "fullchain.pem", fullchain, 0644));
  RETURN_IF_ERROR(WriteDurably(draft / kState, set.state.ToJson(), 0644));
  if (::rename(draft.c_str(), (versions / name).c_str()) != 0) {
    return FileError("making", versions / name, errno);
  }
  RETURN_IF_ERROR(SyncFolder(versions));
  return name;
}

Result<void> CertificateFolder::LinkFiles() {
  for (const std::string_view name : kFiles) {
    const std::string target = fmt::format("{}/{}", kCurrent, name);
    std::error_code ignored;
    if (fs::read_symlink(path_ / name, ignored) == target) continue;
    RETURN_IF_ERROR(SwapLink(path_ / name, target));
  }
  return {};
}

void CertificateFolder::RemoveVersionsBut(const std::string& kept, const std::string& also_kept) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path_ / kVersions, ignored)) {
    const std::string target = fmt::format("{}/{}", kVersions, entry.path().filename().string());
    if (target != kept && target != also_kept) fs::remove_all(entry.path(), ignored);
  }
}

Result<std::optional<InstalledState>> ReadInstalled(const fs::path& folder) {
  const fs::path path = folder / kState;
  const auto text = ReadText(path);
  if (!text && text.error().reason() == Reason::kNotFound) return std::optional<InstalledState>();
  if (!text) return text.error();
  auto state = InstalledState::Parse(*text);
  if (!state) return std::move(state).error().While(Printable(path.string()));
  return std::optional(*std::move(state));
}

}  // namespace certbroker::agent
