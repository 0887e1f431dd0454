// agent/solver_choice.h: which way of answering challenges the command line asks for.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/challenge.h"

namespace certbroker::agent {

struct ChallengeOptions {
  std::string http_listen;        // as Listen in listen_socket.h; empty: not asked for
  std::filesystem::path webroot;  // empty: not asked for

  // As ACME names them: "http-01".
  std::vector<std::string> Types() const;
};

// Ready to serve. With neither option, one that says so when it is asked to serve: a CA may still
// remember that the names are proven, and then none is needed. Errors: as Listen and Webroot::Open.
Result<std::unique_ptr<ChallengeSolver>> MakeSolver(const ChallengeOptions& options,
                                                    FetchListener on_fetch);

}  // namespace certbroker::agent
