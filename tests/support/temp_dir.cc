#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "core/check.h"

namespace certbroker {

TempDir::TempDir() {
  path_ = (std::filesystem::temp_directory_path() / "certbroker-test-XXXXXX").string();
  CERTBROKER_CHECK(::mkdtemp(path_.data()) != nullptr);
}

TempDir::~TempDir() {
  // A test may have taken the right to write away.
  std::error_code ignored;
  using std::filesystem::perms;
  for (auto it = std::filesystem::recursive_directory_iterator(path_, ignored);
       it != std::filesystem::recursive_directory_iterator(); it.increment(ignored)) {
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) {
      std::filesystem::permissions(it->path(), perms::owner_all, ignored);
    }
  }
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace certbroker
