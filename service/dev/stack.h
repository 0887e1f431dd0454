// service/dev/stack.h: `certbrokerd dev`: a whole certbroker on one machine's loopback.
//
// What production spreads over a fleet, started in order, each part when the one before is ready:
// Postgres (private cluster, Unix socket), a SoftHSM2 token with an account key born in it, Pebble
// with its challenge test server, the service, and the service's account at the CA. Everything is
// private to one folder and one user, and everything ends together: on a signal, when any part
// ends, and when this process is killed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::dev {

struct StackOptions {
  std::filesystem::path directory;  // see stack_directory.h
  std::string user = "nobody";      // who runs the stack when root starts it
  std::filesystem::path pebble;     // empty: see FindPebble
  std::vector<std::pair<std::string, std::string>> pebble_environment;  // PEBBLE_…
  int pebble_retry_after_seconds = 1;
  std::vector<std::string> more_keys;  // labels of account keys beside that of pebble's "main"
  bool fsync = false;                  // of Postgres: see postgres_cluster.h
  bool with_service = true;      // false: its surroundings only; start it yourself (a debugger…)
  bool restart_service = false;  // start the service again when it ends, as an init system would
  int ready_fd = -1;             // >= 0: one octet is written there, and it is closed, when ready
  bool quiet = false;            // nothing on standard output
  bool brief = false;            // on standard output what was started, not what to try next
};

// Runs until SIGINT, SIGTERM or SIGHUP; success then. An error when the stack could not be started
// or a part of it ended: kConfigInvalid (folder, programs, user), kCancelled (a signal while it was
// starting), kDeadlineExceeded or kInternal with the last lines of a log. In every case nothing
// runs any more when it returns; the three signals stay blocked, for main is to end. Must be called
// from main's thread, before there is another: it forks, and gives up root for good.
Result<void> RunStack(const StackOptions& options, Clock& clock, Random& random);

}  // namespace certbroker::dev
