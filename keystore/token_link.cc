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

TokenLink::TokenLink(SharedModule& module, TokenAccess access, TokenLinkTiming timing,
                     KeyUseLedger& ledger, Clock& clock, Random& random, Log& log)
    : timing_(timing),
      clock_(clock),
      random_(random),
      log_(log),
      module_(module),
      connector_(module, *this, std::move(access), ledger),
      start_over_at_(clock.Tick()),
      wake_at_(start_over_at_),
      lost_at_(start_over_at_) {
  gate_.Close();
  module_.Join(*this);
  thread_ = std::jthread([this] { Run(); });
}

TokenLink::~TokenLink() {
  Shutdown(clock_.Tick());
  thread_.join();
  while (!gate_.Drain(clock_.Tick() + timing_.drain)) {
    log_.Error("keystore.stuck", {{"detail", "a thread is stuck in the PKCS#11 module"}});
  }
  while (!ReleaseInside()) {
  }
  module_.Leave(*this);
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
  TokenConnection* const connection = connected_.load(std::memory_order_acquire);
  if (pass && connection != nullptr) return Access(std::move(*pass), *connection);
  const MutexLock lock(mutex_);
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
  const bool alone = gate_.Drain(clock_.Tick() + timing_.drain);
  if (!(alone ? ReleaseInside() : Retire())) {
    Failed(
        {Reason::kHsmUnavailable, "the PKCS#11 module is being started over and takes its time"});
    return;
  }
  std::uint64_t epoch = 0;
  {
    const MutexLock lock(mutex_);
    epoch = health_.epoch + 1;
  }
  // Finalising around somebody would crash the process.
  const Effort effort{why, alone && MayStartOver(), clock_.Tick() + timing_.drain};
  const auto done = connector_.Connect(
      effort, epoch, [this](auto connection) { Connected(std::move(connection)); });
  if (!done) Failed(done.error());
}

bool TokenLink::MayStartOver() {
  if (!module_.ServesOthers(*this)) return true;
  if (clock_.Tick() < start_over_at_) return false;
  start_over_at_ = clock_.Tick() + Backoff(starts_, timing_.start_over, random_);
  ++starts_;
  return true;
}

void TokenLink::Suspend() {
  const MutexLock lock(mutex_);
  suspended_ = true;
  gate_.Close();
}

void TokenLink::Release() {
  std::vector<std::unique_ptr<TokenConnection>> gone;
  {
    const MutexLock lock(mutex_);
    gone = std::move(retired_);
    retired_.clear();
    connected_ = nullptr;
    if (connection_ == nullptr) return;
    gone.push_back(std::move(connection_));
    lost_ = Fault::kToken;
    if (health_.state == TokenState::kUp) {
      health_.state = TokenState::kRecovering;
      lost_at_ = clock_.Tick();
    }
  }
}

void TokenLink::Resume() {
  const MutexLock lock(mutex_);
  suspended_ = false;
  const bool waits =
      health_.state == TokenState::kStarting || health_.state == TokenState::kRecovering;
  if (!waits) Reopen();
  if (connection_ == nullptr) {
    wake_at_ = clock_.Tick();
    wake_.NotifyOne();
  }
}

bool TokenLink::ReleaseInside() {
  const auto pass = module_.Visit(clock_.Tick() + timing_.drain);
  if (pass) Release();
  return pass.has_value();
}

bool TokenLink::Retire() {
  const auto pass = module_.Visit(clock_.Tick() + timing_.drain);
  if (!pass) return false;
  TokenConnection* old = nullptr;
  {
    const MutexLock lock(mutex_);
    connected_ = nullptr;
    if (connection_ == nullptr) return true;
    old = connection_.get();
    retired_.push_back(std::move(connection_));
  }
  // The token may have few.
  old->sessions().CloseIdle();
  return true;
}

void TokenLink::Reopen() {
  if (!stopping_ && !suspended_) gate_.Reopen();
}

void TokenLink::Connected(std::unique_ptr<TokenConnection> connection) {
  const TokenFacts facts = connection->facts();
  const std::uint64_t epoch = connection->epoch();
  {
    const MutexLock lock(mutex_);
    connection_ = std::move(connection);
    connected_ = connection_.get();
    epoch_ = epoch;
    lost_.reset();
    failures_ = 0;
    starts_ = 0;
    health_ = {TokenState::kUp, epoch, facts, std::nullopt};
    wake_at_ = clock_.Tick() + timing_.probe;
    Reopen();
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
    lost_.reset();
    wake_at_ = clock_.Tick() + (connector_.blocked_by_file() ? timing_.pin_file
                                : pin                        ? timing_.probe
                                      : Backoff(failures_, timing_.retry, random_));
    ++failures_;
    // A hiccup: callers go on waiting, for they have patience too.
    const bool was_up = health_.state != TokenState::kDown;
    if (was_up && !pin && wake_at_ < lost_at_ + timing_.patience) return;
    news = health_.error != error;
    health_.state = pin ? TokenState::kPinBlocked : TokenState::kDown;
    health_.error = error;
    Reopen();
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
