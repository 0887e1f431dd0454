// keystore/token_link.h: keeps one token reachable, whatever happens to it, without a restart.
//
// One thread of its own connects, notices loss (told by whoever meets it, or by a look every few
// seconds) and connects again: once per loss, however many threads meet it. The module is started
// over only after every thread is out of it, and not time and again while it serves other tokens.
// Around a call that hangs a login is still made again.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "core/backoff.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mutex.h"
#include "core/random.h"
#include "keystore/gate.h"
#include "keystore/token_connector.h"
#include "keystore/token_health.h"

namespace certbroker::keystore {

struct TokenLinkTiming {
  // How long a caller waits for a recovery under way, and how long one may go on before the token
  // counts as down and callers are told at once.
  std::chrono::milliseconds patience{200};
  // How long threads inside the module may take to come out before a recovery goes around them.
  std::chrono::milliseconds drain{500};
  // The look at an idle token.
  std::chrono::milliseconds probe{10'000};
  // How often the PIN file is read again while the PIN is refused.
  std::chrono::milliseconds pin_file{500};
  BackoffLimits retry{std::chrono::milliseconds{10}, std::chrono::milliseconds{500}};
  // Between two starts of a module that serves other tokens meanwhile: each makes those wait.
  BackoffLimits start_over{std::chrono::milliseconds{1'000}, std::chrono::milliseconds{10'000}};
};

// Thread-safe. `clock` must go with the system's steady clock, because threads really wait.
class TokenLink final : private SharedModule::Tenant {
 public:
  // Module and ledger outlive it.
  TokenLink(SharedModule& module, TokenAccess access, TokenLinkTiming timing, KeyUseLedger& ledger,
            Clock& clock, Random& random, Log& log);
  // Waits until nobody is inside the module. Shutdown first where a thread may be stuck in there.
  ~TokenLink();
  TokenLink(const TokenLink&) = delete;
  TokenLink& operator=(const TokenLink&) = delete;

  // Waits until the token is up or counts as down. Fails only for what no waiting repairs
  // (kHsmPinRefused); a token that is not there yet is a start in degraded state.
  Result<void> WaitForStart(SteadyTime deadline) EXCLUDES(mutex_);

  // Being inside the module, connected. Short-lived: a recovery waits for it.
  class Access {
   public:
    TokenConnection& connection() const { return *connection_; }

   private:
    friend class TokenLink;
    Access(Gate::Pass pass, TokenConnection& connection)
        : pass_(std::move(pass)), connection_(&connection) {}
    Gate::Pass pass_;
    TokenConnection* connection_;
  };
  // Waits for a recovery under way, never past `deadline` nor past the patience; fails at once with
  // the reason while the token is down.
  Result<Access> Enter(SteadyTime deadline) EXCLUDES(mutex_);

  // The connection of that epoch does not work any more. Called by whoever met it, outside of
  // Access; the first one starts the recovery, and late reports of old epochs change nothing.
  void ReportLost(std::uint64_t epoch, Fault why) EXCLUDES(mutex_);

  TokenHealth health() const EXCLUDES(mutex_);
  // Of the last login that worked.
  std::uint64_t epoch() const { return epoch_; }

  // Lets nobody in any more and ends the recovery. False: a thread was still inside the module at
  // `deadline`; the process must then end with _exit, for static destructors would crash it.
  bool Shutdown(SteadyTime deadline) EXCLUDES(mutex_);

 private:
  // SharedModule::Tenant: another token of the module starts it over.
  void Suspend() override EXCLUDES(mutex_);
  bool Drain(SteadyTime deadline) override { return gate_.Drain(deadline); }
  void Release() override EXCLUDES(mutex_);
  void Resume() override EXCLUDES(mutex_);
  bool connected() const override { return connected_ != nullptr; }

  void Run() EXCLUDES(mutex_);
  bool WaitForWork() EXCLUDES(mutex_);
  std::optional<Fault> WhyReconnect() const EXCLUDES(mutex_);
  void Reconnect(Fault why) EXCLUDES(mutex_);
  bool MayStartOver();
  bool ReleaseInside() EXCLUDES(mutex_);
  bool Retire() EXCLUDES(mutex_);
  void ProbeIdle() EXCLUDES(mutex_);
  void Connected(std::unique_ptr<TokenConnection> connection) EXCLUDES(mutex_);
  void Failed(const Error& error) EXCLUDES(mutex_);
  void Reopen() REQUIRES(mutex_);

  const TokenLinkTiming timing_;
  Clock& clock_;
  Random& random_;
  Log& log_;
  SharedModule& module_;
  // Used by the link's thread only.
  TokenConnector connector_;
  SteadyTime start_over_at_;  // not before, while the module serves others
  int starts_ = 0;            // of the module, since the last connection

  Gate gate_;
  // What callers use: connection_, which does not change while somebody is inside, but for a
  // recovery around a thread that is stuck.
  std::atomic<TokenConnection*> connected_ = nullptr;
  std::atomic<std::uint64_t> epoch_ = 0;

  mutable Mutex mutex_;
  ConditionVariable wake_;     // of the link's thread
  ConditionVariable settled_;  // the start or the thread has ended
  std::unique_ptr<TokenConnection> connection_ GUARDED_BY(mutex_);
  // Given up while a thread was stuck in them; they go when nobody is inside.
  std::vector<std::unique_ptr<TokenConnection>> retired_ GUARDED_BY(mutex_);
  TokenHealth health_ GUARDED_BY(mutex_);
  std::optional<Fault> lost_ GUARDED_BY(mutex_);  // the connection that we have is spent
  SteadyTime wake_at_ GUARDED_BY(mutex_);
  SteadyTime lost_at_ GUARDED_BY(mutex_);  // or started
  int failures_ GUARDED_BY(mutex_) = 0;    // in a row
  bool suspended_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;

  std::jthread thread_;  // last: everything else exists when it starts
};

}  // namespace certbroker::keystore
