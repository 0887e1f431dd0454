#include "service/dev/program_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "service/dev/system_error.h"

namespace certbroker::dev {
namespace {

std::filesystem::path FromPath(const std::filesystem::path& name) {
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "/usr/bin:/bin" : variable;
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    std::filesystem::path candidate = std::filesystem::path(rest.substr(0, colon)) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  return name;
}

}  // namespace

Result<ProgramFile> ProgramFile::Open(const std::filesystem::path& path) {
  const bool has_folder = path.has_parent_path();
  const auto where = has_folder ? path : FromPath(path);
  UniqueFd fd(::open(where.c_str(), O_PATH | O_CLOEXEC));
  if (!fd.valid() || ::access(where.c_str(), X_OK) != 0) {
    return Error(Reason::kConfigInvalid,
                 fmt::format("no program {}: {}; tools/install_packages installs what the stack "
                             "needs, cmake --build builds the rest",
                             path.string(), std::generic_category().message(errno)));
  }
  std::error_code ignored;
  return ProgramFile(std::filesystem::absolute(where, ignored), std::move(fd));
}

Result<ProgramFile> ProgramFile::Self() {
  UniqueFd fd(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
  if (!fd.valid()) return SystemError("opening /proc/self/exe");
  std::error_code failed;
  auto path = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return SystemError("reading /proc/self/exe", failed.value());
  return ProgramFile(std::move(path), std::move(fd));
}

}  // namespace certbroker::dev
