// agent/watch.h: follows a thing at the service until it has come to an end, through connections
// that break.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include "client/status.h"
#include "client/wait.h"
#include "core/backoff.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::agent {

// Whether a stream that broke with this may be opened again: the service, or the way to it, is away
// for a while. Everything else is an answer.
bool MayPass(const Error& error);

// Used from one thread.
class Watch {
 public:
  struct Deps {
    const Clock& clock;
    Random& random;
    std::stop_token stop;
    client::Wait wait;
    std::function<void(const Error&)> on_break;  // the stream broke; it will be opened again
  };
  explicit Watch(Deps deps) : deps_(std::move(deps)) {}

  // Opens the stream, gives each message to `look`, and answers the first one that it says true to.
  // A stream that breaks, or ends before, is opened again after a pause; that is safe because a
  // stream of the service begins with the present state.
  // Errors: what the service says, kDeadlineExceeded, kCancelled (stop).
  template <class Message>
  Result<Message> Until(const std::function<std::unique_ptr<grpc::ClientReaderInterface<Message>>(
                            grpc::ClientContext*)>& open,
                        const std::function<bool(const Message&)>& look,
                        SteadyTime deadline) const {
    for (int failures = 0;; ++failures) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + (deadline - deps_.clock.Tick()));
      const std::stop_callback cancel(deps_.stop, [&context] { context.TryCancel(); });
      const auto reader = open(&context);
      Message message;
      while (reader->Read(&message)) {
        failures = 0;
        if (look(message)) {
          context.TryCancel();
          reader->Finish();
          return message;
        }
      }
      RETURN_IF_ERROR(AfterBreak(reader->Finish(), failures, deadline));
    }
  }

 private:
  // Waits before the next try; the error when there is to be none.
  Result<void> AfterBreak(const grpc::Status& status, int failures, SteadyTime deadline) const;

  const Deps deps_;
};

}  // namespace certbroker::agent
