#include "service/rpc/server.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "service/rpc/account_service.h"
#include "service/rpc/agent_admin_service.h"
#include "service/rpc/agent_service.h"
#include "service/rpc/audit_service.h"
#include "service/rpc/certificate_service.h"
#include "service/rpc/connection_acceptor.h"
#include "service/rpc/order_service.h"

namespace certbroker::rpc {
namespace {

constexpr int kMaxRequestBytes = 64 * 1024;
constexpr int kMaxMetadataBytes = 8 * 1024;
constexpr int kMaxStreamsPerConnection = 128;
constexpr int kKeepaliveMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// Clients ping every 30 s (client/channel.cc), parked watches too; gRPC's default takes that for
// abuse and drops the connection.
constexpr int kShortestPingIntervalMs = 10'000;
// Peers without a certificate hold a connection no longer than this.
constexpr int kHandshakeMs = 10'000;
// A connection outlives neither its client's certificate nor a change of the agents' CA by much.
constexpr int kConnectionAgeMs = 30 * 60 * 1000;
constexpr int kConnectionAgeGraceMs = 60 * 1000;
constexpr mode_t kSocketMode = 0600;

// One set of services for one listener: the same handlers, another way of telling who calls.
class Endpoint {
 public:
  Endpoint(const Server::Deps& deps, const CallerResolver& callers, StreamRoster& streams,
           WatchHub& order_hub, WatchHub& certificate_hub)
      : Endpoint(deps, CallDeps{callers, deps.executor, streams, deps.log}, order_hub,
                 certificate_hub) {}

  void Register(grpc::ServerBuilder& builder) {
    builder.RegisterService(&orders_);
    builder.RegisterService(&certificates_);
    // Registered for agents too, so that they are told OPERATOR_ONLY rather than that it does not
    // exist.
    builder.RegisterService(&accounts_);
    builder.RegisterService(&audit_);
    builder.RegisterService(&agent_admin_);
  }

 private:
  Endpoint(const Server::Deps& deps, const CallDeps& calls, WatchHub& order_hub,
           WatchHub& certificate_hub)
      : orders_(calls, deps.orders, order_hub),
        certificates_(
            {.calls = calls,
             .policy = deps.policy,
             .orders = deps.orders,
             .certificates = deps.certificates,
             .hub = certificate_hub,
             .clock = deps.clock,
             .random = deps.random,
             .account_of = deps.account_of,
             .sha256 = deps.sha256,
             .solvers = deps.solvers,
             .trust_domain = deps.enrolment == nullptr ? "" : deps.enrolment->trust_domain}),
        accounts_({.calls = calls,
                   .accounts = deps.accounts,
                   .keys = deps.keys,
                   .directory_of = deps.directory_of}),
        audit_(calls, deps.key_uses, deps.checkpoints),
        agent_admin_({.calls = calls,
                      .agents = deps.agents,
                      .registry = deps.registry,
                      .enrolment = deps.enrolment,
                      .clock = deps.clock,
                      .random = deps.random}) {}

  OrderService orders_;
  CertificateService certificates_;
  AccountService accounts_;
  AuditService audit_;
  AgentAdminService agent_admin_;
};

void ApplyLimits(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kShortestPingIntervalMs);
  // Another process on the port must be an error, not a coin toss per connection.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

// A connection without a call under way ends after a while: whoever has no certificate that counts
// has none for long.
constexpr int kConnectionIdleMs = 2 * 60 * 1000;

void BoundAgents(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kConnectionIdleMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, kConnectionAgeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kConnectionAgeGraceMs);
}

// Where agents may join, whoever has no certificate of a trusted CA gets through the handshake, and
// each call is judged by itself (MutualTlsCallers), which can also say what is wrong. Elsewhere
// strangers do not get that far.
std::shared_ptr<grpc::ServerCredentials> MutualTls(const ListenerOptions& options, bool may_join) {
  grpc::SslServerCredentialsOptions tls(
      may_join ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY
               : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  if (!may_join) tls.pem_root_certs = options.client_ca_pem;
  tls.pem_key_cert_pairs.push_back({options.server_key_pem, options.server_chain_pem});
  return grpc::SslServerCredentials(tls);
}

// A socket file that a killed process left behind; anything else at that path is not ours to
// remove.
void RemoveStaleSocket(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
}

class TwoListeners final : public Server {
 public:
  explicit TwoListeners(const Deps& deps)
      : agent_callers_(deps.judge, deps.uses, deps.clock, deps.log),
        streams_([&judge = deps.judge](const Caller& caller) -> Result<void> {
          return caller.peer ? judge.CheckAgain(*caller.peer) : Result<void>();
        }),
        order_hub_(deps.feed, Channel::kOrder, deps.clock, deps.random),
        certificate_hub_(deps.feed, Channel::kCertificate, deps.clock, deps.random),
        sessions_(deps.board, deps.feed, deps.executor, deps.log),
        agent_endpoint_(deps, agent_callers_, streams_, order_hub_, certificate_hub_),
        operator_endpoint_(deps, operator_callers_, streams_, order_hub_, certificate_hub_),
        agents_({.callers = agent_callers_,
                 .session = {.hub = sessions_,
                             .board = deps.board,
                             .executor = deps.executor,
                             .streams = streams_,
                             .judge = deps.judge,
                             .clock = deps.clock,
                             .log = deps.log},
                 .enrolment = deps.enrolment}),
        may_join_(deps.enrolment != nullptr),
        log_(deps.log) {}
  ~TwoListeners() override { Stop(std::chrono::milliseconds{0}); }

  Result<void> Listen(const ListenerOptions& options) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder for_agents;
    ApplyLimits(for_agents);
    BoundAgents(for_agents);
    ASSIGN_OR_RETURN(acceptor_, ConnectionAcceptor::Listen(options.agents_address, log_));
    acceptor_->AddTo(for_agents, MutualTls(options, may_join_));
    agent_endpoint_.Register(for_agents);
    for_agents.RegisterService(&agents_);
    agents_server_ = for_agents.BuildAndStart();
    if (agents_server_ == nullptr) {
      return Error(Reason::kConfigInvalid,
                   "agents.certificate and agents.key are not a pair that gRPC can serve with");
    }
    acceptor_->Start();

    // Plugins count for the builders made after them: operators get reflection, agents do not.
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder for_operators;
    ApplyLimits(for_operators);
    RemoveStaleSocket(options.operator_socket);
    const mode_t old_mask = ::umask(static_cast<mode_t>(~kSocketMode & 0777U));
    for_operators.AddListeningPort("unix:" + options.operator_socket,
                                   grpc::InsecureServerCredentials());
    operator_endpoint_.Register(for_operators);
    operators_server_ = for_operators.BuildAndStart();
    ::umask(old_mask);
    if (operators_server_ == nullptr ||
        ::chmod(options.operator_socket.c_str(), kSocketMode) != 0) {
      return Error(Reason::kConfigInvalid,
                   fmt::format("operators.socket: cannot serve on {}: does its directory exist, "
                               "may this user write it, and is "
                               "the path at most 107 octets long?",
                               options.operator_socket));
    }
    return {};
  }

  void ReviewPeers() override {
    streams_.Review();
    sessions_.LookAtIdentities();
  }

  int agents_port() const override { return acceptor_ == nullptr ? 0 : acceptor_->port(); }

  void SetServing(bool serving) override {
    for (auto* server : {agents_server_.get(), operators_server_.get()}) {
      if (server != nullptr && server->GetHealthCheckService() != nullptr) {
        server->GetHealthCheckService()->SetServingStatus(serving);
      }
    }
  }

  void SetPartServing(const std::string& part, bool serving) override {
    for (auto* server : {agents_server_.get(), operators_server_.get()}) {
      if (server != nullptr && server->GetHealthCheckService() != nullptr) {
        server->GetHealthCheckService()->SetServingStatus(part, serving);
      }
    }
  }

  void Stop(std::chrono::milliseconds grace) override {
    if (std::exchange(stopped_, true)) return;
    SetServing(false);
    if (acceptor_ != nullptr) acceptor_->Stop();
    // Streams have no end of their own to wait for.
    order_hub_.EndAll();
    certificate_hub_.EndAll();
    sessions_.EndAll();
    const auto deadline = std::chrono::system_clock::now() + grace;
    for (auto* server : {agents_server_.get(), operators_server_.get()}) {
      if (server != nullptr) server->Shutdown(deadline);
    }
    for (auto* server : {agents_server_.get(), operators_server_.get()}) {
      if (server != nullptr) server->Wait();
    }
  }

 private:
  const MutualTlsCallers agent_callers_;
  const LocalOperatorCallers operator_callers_;
  StreamRoster streams_;
  WatchHub order_hub_;
  WatchHub certificate_hub_;
  SessionHub sessions_;
  Endpoint agent_endpoint_;
  Endpoint operator_endpoint_;
  AgentService agents_;
  const bool may_join_;
  Log& log_;
  std::unique_ptr<ConnectionAcceptor> acceptor_;
  bool stopped_ = false;
  std::unique_ptr<grpc::Server> agents_server_;
  std::unique_ptr<grpc::Server> operators_server_;
};

}  // namespace

void PrepareProcess() {
  // gRPC 1.51 cannot be told a minimum version. A cipher list without a suite that TLS 1.2 could
  // use on a certificate leaves TLS 1.3 only (whose suites the list does not touch);
  // tests/integration proves that 1.2 is refused.
  ::setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", 1);
  // A connection is a descriptor, and the usual soft limit is there for programs that use select().
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

Result<std::unique_ptr<Server>> Server::Start(const ListenerOptions& options, const Deps& deps) {
  auto server = std::make_unique<TwoListeners>(deps);
  RETURN_IF_ERROR(server->Listen(options));
  server->SetServing(true);
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace certbroker::rpc
