// service/rpc/server.h: the listeners: agents over mutual TLS 1.3, operators over a Unix socket.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/executor.h"
#include "core/log.h"
#include "core/ports/account_keys.h"
#include "core/ports/account_store.h"
#include "core/ports/certificate_store.h"
#include "core/ports/challenge_board.h"
#include "core/ports/change_feed.h"
#include "core/ports/checkpoint_store.h"
#include "core/ports/key_use_ledger.h"
#include "core/ports/order_store.h"
#include "core/random.h"
#include "core/result.h"
#include "core/solver_plan.h"
#include "service/identity/enrolment.h"
#include "service/identity/peer_judge.h"
#include "service/identity/use_recorder.h"
#include "service/policy/current_policy.h"

namespace certbroker::rpc {

struct ListenerOptions {
  std::string agents_address;  // "127.0.0.1:8443"; port 0 picks a free one
  std::string server_chain_pem;
  std::string server_key_pem;
  // Who may sign agents' certificates, beside the service's own agent CA.
  std::string client_ca_pem;
  std::string operator_socket;  // path; made with mode 0600, a stale one is replaced
};

// To be called once, before anything else uses gRPC in the process: makes TLS 1.3 the only version
// that it negotiates.
void PrepareProcess();

class Server {
 public:
  // Everything must outlive the server.
  struct Deps {
    const policy::CurrentPolicy& policy;
    OrderStore& orders;
    CertificateStore& certificates;
    AccountStore& accounts;
    AccountKeys& keys;
    KeyUseHistory& key_uses;
    CheckpointStore& checkpoints;
    ChallengeBoard& board;
    ChangeFeed& feed;
    Executor& executor;  // where handlers block
    Clock& clock;
    Random& random;
    Log& log;
    // Of the configuration: the account that orders at an issuer use, and an issuer's directory
    // URL.
    std::function<Result<AccountName>(const IssuerId&)> account_of;
    std::function<Result<std::string>(const IssuerId&)> directory_of;
    std::function<Bytes(ByteView)> sha256;
    const SolverPlan& solvers;
    AgentStore& agents;
    identity::AgentRegistry& registry;
    const identity::PeerJudge& judge;
    identity::UseRecorder& uses;
    const identity::Enrolment* enrolment = nullptr;  // null: the service makes no identities
  };

  virtual ~Server() = default;

  // Both listeners serve when it returns. kConfigInvalid: an address cannot be bound. That
  // certificate and key are a pair is for the caller to have checked.
  static Result<std::unique_ptr<Server>> Start(const ListenerOptions& options, const Deps& deps);

  virtual int agents_port() const = 0;
  // After agents or agent CAs changed: ends the streams of whoever is not welcome any more.
  // Thread-safe, also after Stop; does not block.
  virtual void ReviewPeers() = 0;
  // What grpc.health.v1 answers.
  virtual void SetServing(bool serving) = 0;
  // The same for one part of the service, by its name in health checks. Nothing after Stop.
  virtual void SetPartServing(const std::string& part, bool serving) = 0;
  // Takes no new calls, ends streams at once (kShuttingDown), lets calls under way end for at most
  // `grace`, then ends them. Idempotent.
  virtual void Stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace certbroker::rpc
