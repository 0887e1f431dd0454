// agent/solver_choice.h: which ways of answering challenges the command line asks for.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/challenge.h"
#include "core/clock.h"

namespace certbroker::agent {

struct ChallengeOptions {
  // For http-01 at most one of the two.
  std::string http_listen = {};        // as Listen in listen_option.h; empty: not asked for
  std::filesystem::path webroot = {};  // empty: not asked for
  std::string tls_listen = {};         // as http_listen, for tls-alpn-01

  // As ACME names them: "http-01", "tls-alpn-01".
  std::vector<std::string> Types() const;
};

// Ready to serve what is asked for, if anything is; see SolverSet. `clock` must outlive it. Errors:
// as Listen, Webroot::Open, and the two servers' Start.
Result<std::unique_ptr<ChallengeSolver>> MakeSolver(const ChallengeOptions& options,
                                                    const Clock& clock, FetchListener on_fetch);

}  // namespace certbroker::agent
