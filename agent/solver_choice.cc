#include "agent/solver_choice.h"

#include <utility>

#include "agent/http_challenge_server.h"
#include "agent/listen_socket.h"
#include "agent/webroot.h"

namespace certbroker::agent {
namespace {

class NoSolver final : public ChallengeSolver {
 public:
  Result<void> Present(const Challenge& /*challenge*/) override {
    return Error(Reason::kChallengeNotServed,
                 "certbroker-agent was started with neither --http-listen nor --webroot");
  }
  Result<void> Remove(const std::string& /*token*/) override { return {}; }
  std::size_t presented() const override { return 0; }
};

template <class Solver>
Result<std::unique_ptr<ChallengeSolver>> Upcast(Result<std::unique_ptr<Solver>> solver) {
  if (!solver) return std::move(solver).error();
  return std::unique_ptr<ChallengeSolver>(*std::move(solver));
}

}  // namespace

std::vector<std::string> ChallengeOptions::Types() const {
  if (http_listen.empty() && webroot.empty()) return {};
  return {"http-01"};
}

Result<std::unique_ptr<ChallengeSolver>> MakeSolver(const ChallengeOptions& options,
                                                    FetchListener on_fetch) {
  if (!options.webroot.empty()) return Upcast(Webroot::Open(options.webroot));
  if (options.http_listen.empty()) {
    return std::unique_ptr<ChallengeSolver>(std::make_unique<NoSolver>());
  }
  ASSIGN_OR_RETURN(ListenSocket socket, Listen(options.http_listen));
  return Upcast(HttpChallengeServer::Start(std::move(socket), std::move(on_fetch)));
}

}  // namespace certbroker::agent
