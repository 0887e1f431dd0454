// service/serve.h: `certbrokerd serve`: builds the graph of everything, runs it until a signal,
// takes it down.
#pragma once

#include <string>

#include "core/result.h"

namespace certbroker {

struct ServeOptions {
  std::string config_file;
  int ready_fd = -1;  // when both listeners serve, one octet is written there and it is closed
  bool check_only = false;  // read and check the files, say what is wrong, start nothing
};

// Returns after SIGTERM or SIGINT and an orderly stop, or with what kept it from starting. The
// calling thread must be the process' only one: signals are blocked before others are made.
Result<void> Serve(const ServeOptions& options);

}  // namespace certbroker
