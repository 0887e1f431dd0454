#include "service/serve.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "acme/client.h"
#include "acme/key_authorization.h"
#include "core/account_name.h"
#include "core/backoff.h"
#include "core/executor.h"
#include "db/connection_pool.h"
#include "db/migrator.h"
#include "db/pg_abandoned_authorizations.h"
#include "db/pg_account_store.h"
#include "db/pg_certificate_store.h"
#include "db/pg_challenge_board.h"
#include "db/pg_challenge_lookup.h"
#include "db/pg_challenge_queue.h"
#include "db/pg_change_feed.h"
#include "db/pg_checkpoint_store.h"
#include "db/pg_key_use_history.h"
#include "db/pg_key_use_ledger.h"
#include "db/pg_order_queue.h"
#include "db/pg_order_store.h"
#include "db/pg_renewal_queue.h"
#include "db/pg_revocation_queue.h"
#include "pki/digest.h"
#include "service/account_keys_apart.h"
#include "service/engine/checkpointer.h"
#include "service/engine/engine.h"
#include "service/hsm_account_keys.h"
#include "service/identity_setup.h"
#include "service/issuer_setup.h"
#include "service/json_log.h"
#include "service/own_answers.h"
#include "service/responder/http_responder.h"
#include "service/rpc/server.h"
#include "service/solver_setup.h"
#include "service/start_files.h"
#include "service/token_setup.h"
#include "service/token_watch.h"

namespace certbroker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopGrace{3'000};
constexpr BackoffLimits kDatabaseRetry{milliseconds{250}, milliseconds{5'000}};

// Which signals end the service. Blocked in every thread (threads inherit), waited for in one
// place.
class StopSignals {
 public:
  StopSignals() {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGTERM);
    ::sigaddset(&set_, SIGINT);
    ::sigaddset(&set_, SIGHUP);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  // True when one came before the time was up.
  bool WaitFor(milliseconds time) const {
    const timespec limit{time.count() / 1000, (time.count() % 1000) * 1'000'000};
    const int signal = ::sigtimedwait(&set_, nullptr, &limit);
    return signal > 0 && signal != SIGHUP;
  }
  // Until one that ends the service; `reload` at each SIGHUP.
  template <class Reload>
  void Wait(Reload reload) const {
    for (;;) {
      int signal = 0;
      if (::sigwait(&set_, &signal) != 0) continue;
      if (signal != SIGHUP) return;
      reload();
    }
  }

 private:
  sigset_t set_{};
};

// The database may come up after us. False: told to stop meanwhile.
Result<bool> MigrateWhenThere(const config::Config& config, Random& random, Log& log,
                              const StopSignals& signals) {
  for (int attempt = 0;; ++attempt) {
    auto migrated = db::Migrate(config.database.url, log);
    if (migrated) return true;
    if (migrated.error().retry() == Retry::kNever) return std::move(migrated).error();
    log.Warning("database_unavailable", {{"error", migrated.error().ToString()}});
    if (signals.WaitFor(Backoff(attempt, kDatabaseRetry, random))) return false;
  }
}

// All or nothing: a file with a fault changes nothing. Orders under way are asked about again
// before they are finalized, by the policy that holds then.
void ReloadPolicy(const config::Config& config, policy::CurrentPolicy& policy, Log& log) {
  const std::string before = policy.Get()->version();
  auto fresh = ReadPolicyAgain(config);
  if (!fresh) {
    for (const Violation& violation : fresh.error().violations()) {
      log.Error("policy_fault", {{"what", violation.description}});
    }
    log.Error("policy_not_reloaded", {{"error", fresh.error().ToString()}, {"still", before}});
    return;
  }
  policy.Replace(*std::move(fresh));
  const std::string now = policy.Get()->version();
  log.Info("policy_reloaded", {{"policy", now}, {"before", before}});
  if (now == before) {
    log.Warning("policy_version_kept",
                {{"policy", now}, {"note", "orders cannot say which of the two granted them"}});
  }
}

void SayReady(int fd) {
  if (fd < 0) return;
  [[maybe_unused]] const auto written = ::write(fd, "\n", 1);
  ::close(fd);
}

std::string ReplicaName() {
  char host[64] = "host";
  ::gethostname(host, sizeof(host) - 1);
  return fmt::format("{}/{}", host, ::getpid());
}

// Orders of an account whose key is gone or refused would wait for ever; say so at start, not when
// the first one comes.
void CheckAccountKeys(AccountStore& accounts, AccountKeys& keys, Log& log) {
  const auto read = EachAccount(accounts, [&](const Account& account) {
    if (account.state != AccountState::kPending && account.state != AccountState::kValid) return;
    const auto signer = keys.SignerFor(account);
    if (signer) {
      log.Info("account_key_checked",
               {{"account", account.name.ToString()}, {"key", account.key_uri}});
    } else {
      log.Error("account_key_unusable",
                {{"account", account.name.ToString()}, {"error", signer.error().ToString()}});
    }
  });
  if (!read) log.Warning("account_keys_not_checked", {{"error", read.error().ToString()}});
}

engine::Checkpointer::FindSigner CheckpointKeyIn(const std::vector<NamedToken>& tokens,
                                                 AccountStore& accounts, const std::string& uri) {
  return [&tokens, &accounts, uri]() -> Result<std::unique_ptr<CheckpointSigner>> {
    ASSIGN_OR_RETURN(const auto key, keystore::KeyUri::Parse(uri));
    ASSIGN_OR_RETURN(const NamedToken* token, ChooseToken(tokens, key));
    // Without origins it signs nothing; it is there to be looked at.
    ASSIGN_OR_RETURN(const auto looked_at, token->keystore->SignerFor(key, {}));
    RETURN_IF_ERROR(RefuseKeyOfAccount(accounts, acme::Thumbprint(looked_at->public_key()),
                                       "[audit] checkpoint_key", "ledger/v1"));
    return token->keystore->CheckpointSignerFor(key);
  };
}

}  // namespace

Result<void> Serve(const ServeOptions& options) {
  ASSIGN_OR_RETURN(StartFiles files, ReadStartFiles(options.config_file));
  const config::Config& config = files.config;
  SystemClock clock;
  SystemRandom random;
  policy::CurrentPolicy policy(std::move(files.policy));
  const SolverPlan solver_plan = PlanOf(config);
  ASSIGN_OR_RETURN(const Solvers solvers, MakeSolvers(config, clock, random));
  JsonLog log(config.log.level, clock);
  ASSIGN_OR_RETURN(ExternalAccounts external_accounts, ExternalAccountsOf(config, log));
  if (options.check_only) return {};
  const StopSignals signals;

  // Connects when it is used.
  db::ConnectionPool pool({.conninfo = config.database.url,
                           .connections = static_cast<std::size_t>(config.database.connections)},
                          clock, log);
  db::PgKeyUseLedger key_uses(pool, ReplicaName(),
                              [](ByteView octets) { return pki::Sha256(octets); });
  ASSIGN_OR_RETURN(const Keystores keystores, OpenKeystores(config.tokens, key_uses, clock, log));
  const std::vector<NamedToken> tokens = TokensOf(keystores, config.tokens);
  HsmAccountKeys keys(tokens, config.issuers);

  ASSIGN_OR_RETURN(const bool go_on, MigrateWhenThere(config, random, log, signals));
  if (!go_on) return {};
  db::PgOrderStore orders(pool);
  db::PgOrderQueue order_queue(pool, random);
  db::PgCertificateStore certificates(pool);
  db::PgRevocationQueue revocations(pool);
  db::PgRenewalQueue renewals(pool);
  db::PgAbandonedAuthorizations abandoned(pool);
  db::PgAccountStore accounts(pool);
  db::PgKeyUseHistory key_use_history(pool);
  db::PgCheckpointStore checkpoints(pool);
  db::PgChallengeBoard pg_board(pool);
  db::PgChallengeQueue challenges(pool);
  db::PgChallengeLookup pg_lookup(pool);
  db::PgChangeFeed feed({.conninfo = config.database.url}, clock, random, log);
  CheckAccountKeys(accounts, keys, log);
  OwnThumbprints own(accounts, keys, clock, log);
  OwnChallengeBoard board(pg_board, own, log);
  OwnChallengeLookup lookup(pg_lookup, own, log);

  Executor workers({.name = "step",
                    .threads = static_cast<std::size_t>(config.engine.workers),
                    .queue_limit = 10'000});
  std::vector<Issuing> issuing;
  std::vector<engine::Issuer> issuers;
  for (std::size_t i = 0; i < config.issuers.size(); ++i) {
    issuing.push_back(MakeIssuing(config.issuers[i], config, clock, workers));
    issuers.push_back({.id = config.issuers[i].name,
                       .client = *issuing.back().client,
                       .roots = files.roots[i],
                       .external_account = std::move(external_accounts[i]),
                       .chain = ChainPreferenceOf(config.issuers[i]),
                       .rollover = RolloverPlanOf(config.issuers[i])});
  }
  Executor solver_threads({.name = "solver", .threads = 8, .queue_limit = 10'000});
  Executor caa_threads({.name = "caa", .threads = 4, .queue_limit = 10'000});
  engine::Engine engine({.issuers = issuers,
                         .orders = order_queue,
                         .revocations = revocations,
                         .renewals = renewals,
                         .abandoned = abandoned,
                         .challenges = challenges,
                         .accounts = accounts,
                         .keys = keys,
                         .feed = feed,
                         .policy = policy,
                         .solver_plan = solver_plan,
                         .solvers = solvers.book,
                         .caa = *solvers.caa,
                         .caa_mode = config.challenges.caa,
                         .workers = workers,
                         .solver_threads = solver_threads,
                         .caa_threads = caa_threads,
                         .clock = clock,
                         .random = random,
                         .log = log},
                        {.owner = ReplicaName(), .lease = config.engine.lease});

  Executor rpc_executor(
      {.name = "rpc",
       .threads = static_cast<std::size_t>(std::max(2, config.database.connections / 2)),
       .queue_limit = 4'096});
  const auto issuer_config = [&config](const IssuerId& id) -> Result<const config::IssuerConfig*> {
    const auto found = std::ranges::find(config.issuers, id, &config::IssuerConfig::name);
    if (found != config.issuers.end()) return &*found;
    return Error(Reason::kNotFound,
                 fmt::format("no issuer \"{}\" is configured", Printable(id.ToString(), 60)));
  };
  IdentitySetup identities(config, files.operators_cas, files.server_ca_pem,
                           {.pool = pool,
                            .feed = feed,
                            .accounts = accounts,
                            .tokens = tokens,
                            .executor = rpc_executor,
                            .clock = clock,
                            .random = random,
                            .log = log});
  RETURN_IF_ERROR(identities.Load());
  auto server = rpc::Server::Start(
      files.listeners, {.policy = policy,
                        .orders = orders,
                        .certificates = certificates,
                        .accounts = accounts,
                        .keys = keys,
                        .key_uses = key_use_history,
                        .checkpoints = checkpoints,
                        .board = board,
                        .feed = feed,
                        .executor = rpc_executor,
                        .clock = clock,
                        .random = random,
                        .log = log,
                        .account_of = [issuer_config](const IssuerId& id) -> Result<AccountName> {
                          ASSIGN_OR_RETURN(const auto* issuer, issuer_config(id));
                          return MakeAccountName(id, issuer->account);
                        },
                        .directory_of = [issuer_config](const IssuerId& id) -> Result<std::string> {
                          ASSIGN_OR_RETURN(const auto* issuer, issuer_config(id));
                          return issuer->directory.ToString();
                        },
                        .sha256 = [](ByteView bytes) { return pki::Sha256(bytes); },
                        .solvers = solver_plan,
                        .agents = identities.agents(),
                        .registry = identities.registry(),
                        .judge = identities.judge(),
                        .uses = identities.uses(),
                        .enrolment = identities.enrolment()});
  if (!server) return std::move(server).error();
  std::unique_ptr<HttpResponder> responder;
  if (!config.responder.listen.empty()) {
    ASSIGN_OR_RETURN(responder, HttpResponder::Start(config.responder.listen, lookup, log));
  }
  std::optional<engine::Checkpointer> checkpointer;
  if (!config.audit.checkpoint_key.empty()) {
    checkpointer.emplace(
        checkpoints, CheckpointKeyIn(tokens, accounts, config.audit.checkpoint_key),
        engine::Checkpointer::Timing{.interval = config.audit.checkpoint_interval}, clock, log);
  }
  auto token_watch = std::make_unique<TokenWatch>(
      tokens,
      [&server](const std::string& name, bool serving) {
        (*server)->SetPartServing(name, serving);
      },
      clock);
  identities.Start([&server] { (*server)->ReviewPeers(); });
  engine.Start();
  log.Info("serving", {{"agents", config.agents.listen},
                       {"operators", config.operators.socket},
                       {"policy", policy.Get()->version()},
                       {"replica", ReplicaName()}});
  SayReady(options.ready_fd);

  signals.Wait([&] { ReloadPolicy(config, policy, log); });
  log.Info("stopping");
  identities.StopReviews();
  (*server)->Stop(milliseconds{500});
  const bool idle = engine.Stop(kStopGrace);
  token_watch.reset();
  const bool quiet = StopAll(keystores, clock.Tick() + kStopGrace);
  if (!idle || !quiet) {
    // Something is stuck in a CA or in the HSM's module, and may touch what we would destroy.
    // Nothing is lost: the rows say where everything stands.
    log.Warning("stopped_hard",
                {{"engine_idle", idle ? "yes" : "no"}, {"keystore_idle", quiet ? "yes" : "no"}});
    std::_Exit(EXIT_SUCCESS);
  }
  checkpointer.reset();
  workers.Stop();
  solver_threads.Stop();
  caa_threads.Stop();
  rpc_executor.Stop();
  log.Info("stopped");
  return {};
}

}  // namespace certbroker
