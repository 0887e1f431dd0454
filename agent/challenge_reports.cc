#include "agent/challenge_reports.h"

#include "core/error.h"

namespace certbroker::agent {

void ChallengeReports::Attach(Stream& stream) {
  const MutexLock lock(mutex_);
  stream_ = &stream;
}

void ChallengeReports::Detach() {
  const MutexLock lock(mutex_);
  stream_ = nullptr;
}

void ChallengeReports::Close() {
  const MutexLock lock(mutex_);
  if (stream_ == nullptr) return;
  stream_->WritesDone();
  stream_ = nullptr;
}

void ChallengeReports::Send(const Challenge& challenge, v1::ChallengeReport::Outcome outcome,
                            std::string_view detail) {
  v1::AgentMessage message;
  auto& report = *message.mutable_challenge_report();
  report.set_order(challenge.order);
  report.set_token(challenge.token);
  report.set_outcome(outcome);
  report.set_detail(Printable(detail, 1000));
  const MutexLock lock(mutex_);
  if (stream_ != nullptr) stream_->Write(message);
}

}  // namespace certbroker::agent
