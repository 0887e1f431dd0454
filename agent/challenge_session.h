// agent/challenge_session.h: the standing connection over which the service says which challenges
// to serve.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "agent/challenge.h"
#include "agent/challenge_admission.h"
#include "agent/challenge_reports.h"
#include "certbroker/v1/agent.grpc.pb.h"
#include "client/wait.h"
#include "core/clock.h"
#include "core/mutex.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::agent {

// Has a thread, which keeps the session open from construction to destruction: a session that
// breaks is opened again after a pause of 0.2 to 10 s, which is short again after a good session.
// One that the service refuses for good (MayPass in watch.h) is not.
class ChallengeSession {
 public:
  struct Deps {
    v1::AgentService::StubInterface& service;
    ChallengeSolver& solver;
    ChallengeReports& reports;
    const Clock& clock;
    Random& random;
    std::function<void(std::string_view)> note;  // for people, from the session's thread
    // The identity is to be replaced when there is time; from the session's thread.
    std::function<void()> replace_identity = {};
    client::Wait wait = {};  // for the pauses; empty: the real one, which destruction ends
  };
  // `names`: the names and addresses whose challenges this session serves, normalised; others are
  // reported FAILED. Empty: all of the agent's.
  ChallengeSession(Deps deps, std::vector<std::string> names);
  // Ends the session properly; at most a second is waited for the service to agree.
  ~ChallengeSession();
  ChallengeSession(const ChallengeSession&) = delete;
  ChallengeSession& operator=(const ChallengeSession&) = delete;

  // Until the service has welcomed us. What the service says when it refuses; kServiceUnreachable
  // when it could not be reached within `limit`; kCancelled.
  Result<void> WaitUntilOpen(std::chrono::milliseconds limit, const std::stop_token& stop)
      EXCLUDES(mutex_);
  // Until everything presented has been taken down again, or `limit` has passed.
  void WaitUntilQuiet(std::chrono::milliseconds limit) EXCLUDES(mutex_);

 private:
  void Run(const std::stop_token& stop) EXCLUDES(mutex_);
  Error Once(const std::stop_token& stop) EXCLUDES(mutex_);
  void Handle(const v1::BrokerMessage& message) EXCLUDES(mutex_);
  void OnWelcome(const v1::Welcome& welcome) EXCLUDES(mutex_);
  void Present(const v1::PresentChallenge& wanted);
  Result<void> TakeOn(Challenge challenge, std::string_view type);
  void Remove(const v1::RemoveChallenge& unwanted);
  // Why a session ended that had been open before.
  void Tell(const Error& error);
  void Wake() EXCLUDES(mutex_);

  const Deps deps_;
  const std::vector<std::string> names_;
  ChallengeAdmission admission_;  // the session's thread's
  Mutex mutex_;
  ConditionVariable changed_;
  bool open_ GUARDED_BY(mutex_) = false;  // welcomed at least once
  bool ending_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  bool clock_told_ = false;                          // the session's thread's
  bool welcomed_ = false;                            // likewise; in the session that is open
  std::optional<Error> failure_ GUARDED_BY(mutex_);  // of the last try, until it is open
  std::jthread thread_;
};

}  // namespace certbroker::agent
