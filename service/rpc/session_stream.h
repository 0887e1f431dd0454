// service/rpc/session_stream.h: one AgentService.Session stream.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/support/server_callback.h>

#include "certbroker/v1/agent.pb.h"
#include "core/clock.h"
#include "core/executor.h"
#include "core/mutex.h"
#include "service/rpc/caller.h"
#include "service/rpc/session_hub.h"
#include "service/rpc/status.h"
#include "service/rpc/stream_roster.h"

namespace certbroker::rpc {

// Lives until gRPC is done with it. Reports are handled one after the other, in the order in which
// the agent sent them: the next is read when the last is on record, which is also the
// back-pressure.
class SessionStream final : public grpc::ServerBidiReactor<v1::AgentMessage, v1::BrokerMessage>,
                            public AgentSession,
                            public std::enable_shared_from_this<SessionStream> {
 public:
  struct Deps {
    SessionHub& hub;
    ChallengeBoard& board;
    Executor& executor;
    StreamRoster& streams;
    const identity::PeerJudge& judge;
    Clock& clock;
    Log& log;
  };

  static SessionStream* Open(const Deps& deps, Caller caller);

  const AgentId& agent() const override { return caller_.id; }
  bool Serves(const std::string& name) const override;
  void Offer(const std::vector<ChallengeTask>& tasks) override EXCLUDES(mutex_);
  void LookAtIdentity() override EXCLUDES(mutex_);
  void End(const Error& why) override { End(ToStatus(why)); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override EXCLUDES(mutex_);
  void OnCancel() override;
  void OnDone() override;

 private:
  SessionStream(const Deps& deps, Caller caller) : deps_(deps), caller_(std::move(caller)) {}

  void OnHello(const v1::Hello& hello);
  void OnReport(const v1::ChallengeReport& report);
  void WriteNext() REQUIRES(mutex_);
  void End(const grpc::Status& status) EXCLUDES(mutex_);

  const Deps deps_;
  const Caller caller_;
  std::shared_ptr<SessionStream> self_;
  std::unique_ptr<StreamRoster::Entry> on_roster_;
  v1::AgentMessage in_;  // between StartRead and the end of its handling
  bool greeted_ = false;
  std::set<std::string> names_;  // normalised; empty: all; fixed once greeted

  Mutex mutex_;
  std::deque<v1::BrokerMessage> out_ GUARDED_BY(mutex_);  // front is being written
  bool writing_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
  bool told_to_replace_identity_ GUARDED_BY(mutex_) = false;
  std::set<std::pair<std::string, bool>> sent_
      GUARDED_BY(mutex_);  // token, removal: sent and not yet said to be done
};

}  // namespace certbroker::rpc
