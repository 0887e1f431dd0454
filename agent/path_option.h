// agent/path_option.h: what every path on the command line is held to.
#pragma once

#include <string>

namespace certbroker::agent {

// For CLI::Option::check. An empty path is a shell variable that was not set, and would mean the
// current directory.
inline std::string CheckPath(const std::string& path) {
  return path.empty() ? "the path is empty" : "";
}

}  // namespace certbroker::agent
