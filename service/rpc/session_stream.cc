#include "service/rpc/session_stream.h"

#include <fmt/format.h>

#include "core/version.h"
#include "service/rpc/resource_names.h"

namespace certbroker::rpc {
namespace {

constexpr int kMaxNames = 1'000;

v1::BrokerMessage ToMessage(const ChallengeTask& task) {
  v1::BrokerMessage message;
  if (task.remove) {
    message.mutable_remove_challenge()->set_order(OrderName(task.order));
    message.mutable_remove_challenge()->set_token(task.token);
    return message;
  }
  auto* present = message.mutable_present_challenge();
  present->set_order(OrderName(task.order));
  present->set_type(std::string(ToString(task.type)));
  present->set_identifier(task.name);
  present->set_token(task.token);
  present->set_key_authorization(task.key_authorization);
  return message;
}

Result<ChallengeOutcome> ToOutcome(v1::ChallengeReport::Outcome outcome) {
  switch (static_cast<int>(outcome)) {
    case v1::ChallengeReport::SERVING:
      return ChallengeOutcome::kServing;
    case v1::ChallengeReport::FAILED:
      return ChallengeOutcome::kFailed;
    case v1::ChallengeReport::HIT:
      return ChallengeOutcome::kHit;
    case v1::ChallengeReport::REMOVED:
      return ChallengeOutcome::kRemoved;
    default:
      return InvalidField("challenge_report.outcome",
                          "is required: SERVING, FAILED, HIT or REMOVED");
  }
}

}  // namespace

SessionStream* SessionStream::Open(const Deps& deps, Caller caller) {
  auto stream = std::shared_ptr<SessionStream>(new SessionStream(deps, std::move(caller)));
  stream->self_ = stream;
  stream->on_roster_ =
      deps.streams.Add(stream->caller_, [weak = std::weak_ptr(stream)](const Error& error) {
        if (const auto alive = weak.lock()) alive->End(error);
      });
  stream->StartRead(&stream->in_);
  return stream.get();
}

bool SessionStream::Serves(const std::string& name) const {
  return names_.empty() || names_.contains(name);
}

void SessionStream::Offer(const std::vector<ChallengeTask>& tasks) {
  std::set<std::pair<std::string, bool>> wanted;
  for (const ChallengeTask& task : tasks) wanted.emplace(task.token, task.remove);
  const MutexLock lock(mutex_);
  // What is no longer asked for may be asked for again later, and must be sent again then.
  std::erase_if(sent_, [&](const auto& sent) { return !wanted.contains(sent); });
  for (const ChallengeTask& task : tasks) {
    if (sent_.emplace(task.token, task.remove).second) out_.push_back(ToMessage(task));
  }
  WriteNext();
}

void SessionStream::LookAtIdentity() {
  if (!caller_.peer || !deps_.judge.IsTainted(*caller_.peer)) return;
  const MutexLock lock(mutex_);
  if (std::exchange(told_to_replace_identity_, true)) return;
  v1::BrokerMessage message;
  message.mutable_replace_identity();
  out_.push_back(std::move(message));
  WriteNext();
}

void SessionStream::OnReadDone(bool ok) {
  if (!ok) {
    End(grpc::Status::OK);
    return;
  }
  if (!greeted_) {
    if (!in_.has_hello()) {
      End(InvalidField("hello", "must be the first message of a session"));
      return;
    }
    OnHello(in_.hello());
    return;
  }
  if (!in_.has_challenge_report()) {
    End(InvalidField("body", "after hello, only challenge_report is understood"));
    return;
  }
  deps_.executor.Post(
      [self = shared_from_this()] { self->OnReport(self->in_.challenge_report()); });
}

void SessionStream::OnHello(const v1::Hello& hello) {
  if (hello.identifiers_size() > kMaxNames) {
    End(InvalidField("hello.identifiers",
                     "more than 1000; leave it empty to serve all of the agent's names"));
    return;
  }
  for (const std::string& text : hello.identifiers()) {
    const auto name = Identifier::Parse(text);
    if (!name) {
      End(InvalidField("hello.identifiers", name.error().detail()));
      return;
    }
    names_.emplace(name->base());
  }
  greeted_ = true;
  v1::BrokerMessage message;
  message.mutable_welcome()->set_service_version(std::string(Version()));
  const auto now = std::chrono::floor<std::chrono::seconds>(deps_.clock.Now());
  message.mutable_welcome()->mutable_service_time()->set_seconds(now.time_since_epoch().count());
  {
    const MutexLock lock(mutex_);
    out_.push_back(std::move(message));  // written below, or before whatever the hub offers
  }
  // Before the agent is welcomed, so that from then on this is its newest session.
  deps_.hub.Add(shared_from_this());
  deps_.log.Info("agent_session", {{"agent", caller_.id.ToString()},
                                   {"version", Printable(hello.agent_version(), 40)}});
  LookAtIdentity();
  const MutexLock lock(mutex_);
  WriteNext();
  if (!ended_) StartRead(&in_);
}

void SessionStream::OnReport(const v1::ChallengeReport& report) {
  const auto order = ParseOrderName("challenge_report.order", report.order());
  if (!order) {
    End(order.error());
    return;
  }
  const auto outcome = ToOutcome(report.outcome());
  if (!outcome) {
    End(outcome.error());
    return;
  }
  const auto recorded =
      deps_.board.Report(caller_.id, *order, report.token(), *outcome, Printable(report.detail()));
  if (!recorded) {
    deps_.log.Warning("challenge_report_failed",
                      {{"agent", caller_.id.ToString()}, {"error", recorded.error().ToString()}});
    // Whatever it was, the agent opens the session anew and is told again what is wanted of it.
    End(recorded.error().reason() == Reason::kNotFound
            ? InvalidField("challenge_report.token", "is of no challenge of this agent and order")
            : recorded.error());
    return;
  }
  // Under the lock, because nothing may be started once the stream is finished.
  const MutexLock lock(mutex_);
  if (!ended_) StartRead(&in_);
}

void SessionStream::WriteNext() {
  if (ended_ || writing_ || out_.empty()) return;
  writing_ = true;
  StartWrite(&out_.front());
}

void SessionStream::OnWriteDone(bool ok) {
  if (!ok) {
    End(grpc::Status::CANCELLED);
    return;
  }
  const MutexLock lock(mutex_);
  writing_ = false;
  out_.pop_front();
  WriteNext();
}

void SessionStream::OnCancel() { End(grpc::Status::CANCELLED); }

void SessionStream::End(const grpc::Status& status) {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(ended_, true)) return;
  }
  Finish(status);
}

void SessionStream::OnDone() {
  if (greeted_) deps_.hub.Remove(*this);
  on_roster_.reset();
  self_.reset();  // may end this object
}

}  // namespace certbroker::rpc
