#include "keystore/token_sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

namespace certbroker::keystore {
namespace {

namespace fs = std::filesystem;

Error Failed(const fs::path& path, const std::error_code& why) {
  return {Reason::kHsmUnavailable,
          fmt::format("the token's files could not be made durable: {}: {}; do not use its keys "
                      "before this has worked",
                      Printable(path.string()), why.message())};
}

Result<void> Sync(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return Failed(path, {errno, std::generic_category()});
  const int result = ::fsync(fd);
  const std::error_code why(errno, std::generic_category());
  ::close(fd);
  if (result != 0) return Failed(path, why);
  return {};
}

}  // namespace

Result<void> SyncTokenDirectory(const std::string& directory) {
  std::error_code why;
  // A directory's entry for a file is only worth keeping once the file's content is.
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, why)) {
    const fs::file_status status = entry.symlink_status(why);
    if (why) return Failed(entry.path(), why);
    if (fs::is_directory(status)) {
      RETURN_IF_ERROR(SyncTokenDirectory(entry.path().string()));
    } else if (fs::is_regular_file(status)) {
      RETURN_IF_ERROR(Sync(entry.path()));
    }
  }
  if (why) return Failed(directory, why);
  return Sync(directory);
}

}  // namespace certbroker::keystore
