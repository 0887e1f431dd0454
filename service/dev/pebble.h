// service/dev/pebble.h: Pebble, a small ACME CA that forgets everything when it ends, and the DNS
// server of its challenge tests, which says 127.0.0.1 to every name.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/result.h"
#include "service/dev/loopback_port.h"
#include "service/dev/program_file.h"
#include "service/dev/supervisor.h"
#include "service/dev/test_pki.h"

namespace certbroker::dev {

struct PebblePrograms {
  ProgramFile pebble;
  ProgramFile challenge_server;
};

// `pebble` if given, else $CERTBROKER_PEBBLE, else what tools/fetch_pebble put into the build
// folder that `self` lies in, else the one in PATH; the challenge test server beside it.
// kConfigInvalid when there is none.
Result<PebblePrograms> FindPebble(const std::filesystem::path& pebble,
                                  const std::filesystem::path& self);

struct PebblePorts {
  LoopbackPort directory;
  LoopbackPort management;
  LoopbackPort dns;
  LoopbackPort dns_management;
  LoopbackPort http;  // where the CA will look for http-01 answers
  LoopbackPort tls;   // and for tls-alpn-01

  static Result<PebblePorts> Reserve(Random& random);

  std::string DirectoryUrl() const;
  std::string ManagementUrl() const;
  std::string ChallengeServerUrl() const;
};

struct PebbleOptions {
  std::filesystem::path directory;  // exists, empty: configuration goes there
  std::filesystem::path logs;
  KeyPairFiles tls;
  std::filesystem::path tls_root;  // that issued it
  std::filesystem::path roots;     // written: what its certificates end in
  int retry_after_seconds = 1;     // asked of clients that poll; Pebble 2.4 knows none
  // PEBBLE_… variables over the defaults: every twentieth good nonce refused and every second
  // authorization used again, which are Pebble's own defaults, and validation that waits 0 or 1 s
  // where Pebble's default is up to 15 (a SLEEPTIME of n means less than n seconds).
  std::vector<std::pair<std::string, std::string>> environment;
};

// The text of Pebble's configuration file. Versions ignore the keys they do not know.
std::string PebbleConfiguration(const PebbleOptions& options, const PebblePorts& ports);

// Starts both, waits until they answer, and fetches the roots.
Result<void> StartPebble(const PebblePrograms& programs, const PebbleOptions& options,
                         const PebblePorts& ports, Supervisor& supervisor);

}  // namespace certbroker::dev
