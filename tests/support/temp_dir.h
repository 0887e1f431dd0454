// tests/support/temp_dir.h: a directory of the test's own, gone with it.
#pragma once

#include <string>

namespace certbroker {

// Mode 0700, under $TMPDIR or /tmp.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace certbroker
