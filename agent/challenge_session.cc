#include "agent/challenge_session.h"

#include <utility>

#include <fmt/format.h>

#include "agent/watch.h"
#include "client/status.h"
#include "client/time_text.h"
#include "client/wait.h"
#include "core/backoff.h"
#include "core/version.h"

namespace certbroker::agent {
namespace {

using std::chrono::milliseconds;

constexpr BackoffLimits kSessionPauses{.first = milliseconds{200}, .cap = milliseconds{10'000}};
constexpr milliseconds kGoodbye{1'000};
constexpr std::chrono::seconds kClockTolerance{60};

}  // namespace

ChallengeSession::ChallengeSession(Deps deps, std::vector<std::string> names)
    : deps_(std::move(deps)), names_(std::move(names)), admission_(names_) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

ChallengeSession::~ChallengeSession() {
  {
    const MutexLock lock(mutex_);
    ending_ = true;
  }
  deps_.reports.Close();
  const SteadyTime deadline = deps_.clock.Tick() + kGoodbye;
  {
    const MutexLock lock(mutex_);
    while (!ended_ && open_ && changed_.WaitUntil(mutex_, deadline)) {
    }
  }
  thread_.request_stop();
  thread_.join();
}

Result<void> ChallengeSession::WaitUntilOpen(milliseconds limit, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { Wake(); });
  const SteadyTime deadline = deps_.clock.Tick() + limit;
  const MutexLock lock(mutex_);
  while (!open_) {
    if (stop.stop_requested()) return Error(Reason::kCancelled, "interrupted");
    if (failure_ && !MayPass(*failure_)) return *failure_;
    if (!changed_.WaitUntil(mutex_, deadline)) {
      if (failure_) return *failure_;
      return Error(Reason::kServiceUnreachable,
                   "the service did not open a session in time; is the address right, and is it "
                   "reachable?");
    }
  }
  return {};
}

void ChallengeSession::WaitUntilQuiet(milliseconds limit) {
  const SteadyTime deadline = deps_.clock.Tick() + limit;
  const MutexLock lock(mutex_);
  while (deps_.solver.presented() > 0 && !ended_ && changed_.WaitUntil(mutex_, deadline)) {
  }
}

void ChallengeSession::Run(const std::stop_token& stop) {
  const client::Wait wait = deps_.wait ? deps_.wait : client::WaitUnless(stop);
  for (int failures = 0; !stop.stop_requested(); ++failures) {
    const Error error = Once(stop);
    if (std::exchange(welcomed_, false)) failures = 0;
    bool was_open = false;
    {
      const MutexLock lock(mutex_);
      if (ending_) break;
      was_open = open_;
      failure_ = error;
    }
    Wake();
    if (was_open) Tell(error);
    if (!MayPass(error)) break;
    if (!wait(Backoff(failures, kSessionPauses, deps_.random))) break;
  }
  {
    const MutexLock lock(mutex_);
    ended_ = true;
  }
  Wake();
}

void ChallengeSession::Tell(const Error& error) {
  if (MayPass(error)) {
    deps_.note(fmt::format("the session with the service broke and is opened again ({})",
                           TraitsOf(error.reason()).name));
    return;
  }
  deps_.note(
      fmt::format("the service has ended the session for good, challenges are not served "
                  "any more: {}",
                  error.ToString()));
}

Error ChallengeSession::Once(const std::stop_token& stop) {
  grpc::ClientContext context;
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  const auto stream = deps_.service.Session(&context);
  v1::AgentMessage first;
  first.mutable_hello()->set_agent_version(std::string(Version()));
  for (const std::string& name : names_) first.mutable_hello()->add_identifiers(name);
  if (stream->Write(first)) {
    deps_.reports.Attach(*stream);
    v1::BrokerMessage message;
    while (stream->Read(&message)) Handle(message);
    deps_.reports.Detach();
  }
  const grpc::Status status = stream->Finish();
  return status.ok() ? Error(Reason::kShuttingDown, "the service ended the session")
                     : client::FromStatus(status);
}

void ChallengeSession::Handle(const v1::BrokerMessage& message) {
  switch (message.body_case()) {
    case v1::BrokerMessage::kWelcome:
      OnWelcome(message.welcome());
      break;
    case v1::BrokerMessage::kPresentChallenge:
      Present(message.present_challenge());
      break;
    case v1::BrokerMessage::kRemoveChallenge:
      Remove(message.remove_challenge());
      break;
    case v1::BrokerMessage::kReplaceIdentity:
      if (deps_.replace_identity) deps_.replace_identity();
      break;
    case v1::BrokerMessage::BODY_NOT_SET:
      break;  // something of a newer service
  }
  Wake();
}

void ChallengeSession::OnWelcome(const v1::Welcome& welcome) {
  welcomed_ = true;
  const Time theirs = client::ToTime(welcome.service_time());
  const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(deps_.clock.Now() - theirs);
  if (std::chrono::abs(ahead) > kClockTolerance && !std::exchange(clock_told_, true)) {
    deps_.note(
        fmt::format("this host's clock is {} s {} the service's; certificates may seem "
                    "not to be valid here",
                    std::chrono::abs(ahead).count(), ahead.count() > 0 ? "ahead of" : "behind"));
  }
  const MutexLock lock(mutex_);
  open_ = true;
}

void ChallengeSession::Present(const v1::PresentChallenge& wanted) {
  const Challenge challenge{.order = wanted.order(),
                            .identifier = wanted.identifier(),
                            .token = wanted.token(),
                            .key_authorization = wanted.key_authorization()};
  const Result<void> presented = TakeOn(challenge, wanted.type());
  if (!presented) {
    deps_.note(fmt::format("{}: the challenge cannot be served: {}", Printable(wanted.identifier()),
                           presented.error().detail()));
    deps_.reports.Send(challenge, v1::ChallengeReport::FAILED, presented.error().detail());
    return;
  }
  deps_.reports.Send(challenge, v1::ChallengeReport::SERVING, "");
}

Result<void> ChallengeSession::TakeOn(Challenge challenge, std::string_view type) {
  const auto known = ChallengeTypeFromName(type);
  if (!known) {
    return Error(Reason::kChallengeUnsupported,
                 fmt::format("this version of certbroker-agent does not know the challenge '{}'",
                             Printable(type)));
  }
  challenge.type = *known;
  RETURN_IF_ERROR(admission_.Admit(challenge));
  auto presented = deps_.solver.Present(challenge);
  if (!presented) admission_.Forget(challenge);
  return presented;
}

void ChallengeSession::Remove(const v1::RemoveChallenge& unwanted) {
  const Challenge challenge{.order = unwanted.order(),
                            .identifier = {},
                            .token = unwanted.token(),
                            .key_authorization = {}};
  const auto removed = deps_.solver.Remove(challenge.token);
  if (!removed) {
    deps_.note(removed.error().detail());
    return;
  }
  admission_.Forget(challenge);
  deps_.reports.Send(challenge, v1::ChallengeReport::REMOVED, "");
}

void ChallengeSession::Wake() {
  const MutexLock lock(mutex_);
  changed_.NotifyAll();
}

}  // namespace certbroker::agent
