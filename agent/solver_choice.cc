#include "agent/solver_choice.h"

#include <utility>

#include "agent/http_challenge_server.h"
#include "agent/listen_option.h"
#include "agent/solver_set.h"
#include "agent/tls_challenge_server.h"
#include "agent/webroot.h"

namespace certbroker::agent {

std::vector<std::string> ChallengeOptions::Types() const {
  std::vector<std::string> types;
  if (!http_listen.empty() || !webroot.empty()) {
    types.emplace_back(ToString(ChallengeType::kHttp01));
  }
  if (!tls_listen.empty()) types.emplace_back(ToString(ChallengeType::kTlsAlpn01));
  return types;
}

Result<std::unique_ptr<ChallengeSolver>> MakeSolver(const ChallengeOptions& options,
                                                    const Clock& clock, FetchListener on_fetch) {
  auto solvers = std::make_unique<SolverSet>();
  if (!options.webroot.empty()) {
    ASSIGN_OR_RETURN(auto webroot, Webroot::Open(options.webroot));
    solvers->Add(ChallengeType::kHttp01, std::move(webroot));
  } else if (!options.http_listen.empty()) {
    ASSIGN_OR_RETURN(inbound::ListenSocket socket,
                     Listen(options.http_listen, ChallengeType::kHttp01));
    ASSIGN_OR_RETURN(auto server, HttpChallengeServer::Start(std::move(socket), on_fetch));
    solvers->Add(ChallengeType::kHttp01, std::move(server));
  }
  if (!options.tls_listen.empty()) {
    ASSIGN_OR_RETURN(inbound::ListenSocket socket,
                     Listen(options.tls_listen, ChallengeType::kTlsAlpn01));
    ASSIGN_OR_RETURN(auto server,
                     TlsChallengeServer::Start(std::move(socket), clock, std::move(on_fetch)));
    solvers->Add(ChallengeType::kTlsAlpn01, std::move(server));
  }
  return std::unique_ptr<ChallengeSolver>(std::move(solvers));
}

}  // namespace certbroker::agent
