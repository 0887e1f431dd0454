// agent/challenge_reports.h: the way of reports to the service, while a session is open.
#pragma once

#include <string_view>

#include <grpcpp/support/sync_stream.h>

#include "agent/challenge.h"
#include "certbroker/v1/agent.pb.h"
#include "core/mutex.h"

namespace certbroker::agent {

// Thread-safe. A report for which there is no session is dropped: a session that opens again is
// told anew what is wanted, and what is served is reported then.
class ChallengeReports {
 public:
  using Stream = grpc::ClientReaderWriterInterface<v1::AgentMessage, v1::BrokerMessage>;

  // Between the two, reports go to `stream`, which must stay alive.
  void Attach(Stream& stream) EXCLUDES(mutex_);
  void Detach() EXCLUDES(mutex_);
  // No more reports; the service then ends the session.
  void Close() EXCLUDES(mutex_);

  // `detail` as ChallengeReport.detail. Blocks until gRPC has taken it.
  void Send(const Challenge& challenge, v1::ChallengeReport::Outcome outcome,
            std::string_view detail) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  Stream* stream_ GUARDED_BY(mutex_) = nullptr;
};

}  // namespace certbroker::agent
