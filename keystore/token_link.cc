#include "keystore/token_link.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/check.h"

namespace certbroker::keystore {

std::string_view ToString(TokenState state) {
  switch (state) {
    case TokenState::kStarting:
      return "starting";
    case TokenState::kUp:
      return "up";
    case TokenState::kRecovering:
      return "recovering";
    case TokenState::kDown:
      return "down";
    case TokenState::kPinBlocked:
      return "pin_blocked";
  }
  CERTBROKER_CHECK(false);
}

TokenLink::TokenLink(Pkcs11Module& module, TokenAccess access, TokenLinkTiming timing,
                     KeyUseLedger& ledger, Clock& clock, Random& random, Log& log)
    : timing_(timing),
      clock_(clock),
      random_(random),
      log_(log),
      connector_(module, std::move(access), ledger),
      wake_at_(clock.Tick()),
      lost_at_(wake_at_) {
  gate_.Close();
  thread_ = std::jthread([this] { Run(); });
}

TokenLink::~TokenLink() {
  Shutdown(clock_.Tick());
  thread_.join();
  while (!gate_.Drain(clock_.Tick() + timing_.drain)) {
    log_.Error("keystore.stuck", {{"detail", "a thread is stuck in the PKCS#11 module"}});
  }
}

Result<void> TokenLink::WaitForStart(SteadyTime deadline) {
  const MutexLock lock(mutex_);
  while (health_.state == TokenState::kStarting) {
    if (!settled_.WaitUntil(mutex_, deadline)) break;
  }
  if (health_.state == TokenState::kPinBlocked) return *health_.error;
  return {};
}

Result<TokenLink::Access> TokenLink::Enter(SteadyTime deadline) {
  auto pass = gate_.Enter(std::min(deadline, clock_.Tick() + timing_.patience));
  const MutexLock lock(mutex_);
  if (pass && connection_ != nullptr) return Access(std::move(*pass), *connection_);
  if (health_.error) return *health_.error;
  return Error(Reason::kHsmUnavailable,
               fmt::format("the token is {}; try again in a moment", ToString(health_.state)));
}

void TokenLink::ReportLost(std::uint64_t epoch, Fault why) {
  {
    const MutexLock lock(mutex_);
    if (connection_ == nullptr || connection_->epoch() != epoch || lost_) return;
    lost_ = why;
    health_.state = TokenState::kRecovering;
    // At once, so that nobody goes on with what is known to be spent.
    gate_.Close();
    lost_at_ = wake_at_ = clock_.Tick();
    wake_.NotifyOne();
  }
  log_.Warning("keystore.token_lost", {{"epoch", std::to_string(epoch)},
                                       {"why", why == Fault::kLogin ? "login" : "token"}});
}

TokenHealth TokenLink::health() const {
  const MutexLock lock(mutex_);
  return health_;
}

bool TokenLink::Shutdown(SteadyTime deadline) {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyOne();
  }
  gate_.Close();
  if (!gate_.Drain(deadline)) return false;
  const MutexLock lock(mutex_);
  while (!ended_) {
    if (!settled_.WaitUntil(mutex_, deadline) && !ended_) return false;
  }
  return true;
}

void TokenLink::Run() {
  ::pthread_setname_np(::pthread_self(), "hsm-link");
  while (WaitForWork()) {
    if (const auto why = WhyReconnect()) {
      Reconnect(*why);
    } else {
      ProbeIdle();
    }
  }
  const MutexLock lock(mutex_);
  ended_ = true;
  settled_.NotifyAll();
}

bool TokenLink::WaitForWork() {
  const MutexLock lock(mutex_);
  while (!stopping_ && clock_.Tick() < wake_at_) wake_.WaitUntil(mutex_, wake_at_);
  return !stopping_;
}

std::optional<Fault> TokenLink::WhyReconnect() const {
  const MutexLock lock(mutex_);
  if (lost_) return lost_;
  return connection_ == nullptr ? std::optional(Fault::kToken) : std::nullopt;
}

void TokenLink::Reconnect(Fault why) {
  gate_.Close();
  if (!gate_.Drain(clock_.Tick() + timing_.drain)) {
    // Finalising now would crash the process. Whoever is not stuck may go on meanwhile.
    Failed({Reason::kHsmUnavailable,
            "the token must be started over, but a call into the PKCS#11 module does not return"});
    return;
  }
  std::unique_ptr<TokenConnection> old;
  std::uint64_t epoch = 0;
  {
    const MutexLock lock(mutex_);
    old = std::move(connection_);
    epoch = health_.epoch + 1;
  }
  old.reset();
  auto fresh = connector_.Connect(why, epoch);
  if (fresh) {
    Connected(*std::move(fresh));
  } else {
    Failed(fresh.error());
  }
}

void TokenLink::Connected(std::unique_ptr<TokenConnection> connection) {
  const TokenFacts facts = connection->facts();
  const std::uint64_t epoch = connection->epoch();
  {
    const MutexLock lock(mutex_);
    connection_ = std::move(connection);
    lost_.reset();
    failures_ = 0;
    health_ = {TokenState::kUp, epoch, facts, std::nullopt};
    wake_at_ = clock_.Tick() + timing_.probe;
    if (!stopping_) gate_.Reopen();
    settled_.NotifyAll();
  }
  log_.Info("keystore.token_up", {{"token", Printable(facts.label)},
                                  {"serial", Printable(facts.serial)},
                                  {"epoch", std::to_string(epoch)}});
}

void TokenLink::Failed(const Error& error) {
  const bool pin = error.reason() == Reason::kHsmPinRefused;
  bool news = false;
  {
    const MutexLock lock(mutex_);
    // What was lost with the connection is now told by the connection's absence.
    if (connection_ == nullptr) lost_.reset();
    wake_at_ = clock_.Tick() + (pin ? timing_.probe : Backoff(failures_, timing_.retry, random_));
    ++failures_;
    // A hiccup: callers go on waiting, for they have patience too.
    const bool was_up = health_.state != TokenState::kDown;
    if (was_up && !pin && connection_ == nullptr && wake_at_ < lost_at_ + timing_.patience) return;
    news = health_.error != error;
    health_.state = pin ? TokenState::kPinBlocked : TokenState::kDown;
    health_.error = error;
    if (!stopping_) gate_.Reopen();
    settled_.NotifyAll();
  }
  // Once per cause, not once per attempt.
  if (news) log_.Error("keystore.token_down", {{"error", error.ToString()}});
}

void TokenLink::ProbeIdle() {
  std::uint64_t epoch = 0;
  Fault fault = Fault::kNone;
  if (auto access = Enter(clock_.Tick() + timing_.patience)) {
    epoch = access->connection().epoch();
    fault = access->connection().Probe();
  }
  if (fault != Fault::kNone) {
    ReportLost(epoch, fault);
    return;
  }
  const MutexLock lock(mutex_);
  if (!lost_) wake_at_ = clock_.Tick() + timing_.probe;
}

}  // namespace certbroker::keystore
