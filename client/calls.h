// client/calls.h: one unary call to the service, with a deadline and the retry contract.
//
// Repeated are: answers of UNAVAILABLE (the database or the HSM is away, the service is stopping),
// with pauses that grow from 0.2 to 10 s, and "come back later" when its time fits the deadline.
// While nobody can be reached at all, it is repeated for a shorter time. Nothing else is repeated.
// Repeating is safe for every call: those that change something carry a request_id, which the
// caller sets once, before the call.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <type_traits>

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "client/wait.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::client {

struct CallLimits {
  std::chrono::milliseconds deadline{30'000};     // for all attempts together
  std::chrono::milliseconds unreachable{10'000};  // how long to hope for a service to appear
};

// Thread-safe, as far as what it is given is.
class Calls {
 public:
  struct Deps {
    Clock& clock;
    Random& random;
    std::stop_token stop;  // ends a call and a pause; the answer is then kCancelled
    Wait wait = {};        // empty: WaitUnless(stop)
    // Asked once per call, when nobody was reached for the first time: why that will not pass.
    // Nothing, or empty: it may pass.
    std::function<std::optional<Error>()> why_unreachable = {};
  };
  explicit Calls(Deps deps, CallLimits limits = {});

  // Calls.Unary(*stub, &v1::OrderService::StubInterface::GetOrder, request). Blocks until answered.
  // Errors: what the service says (FromStatus), kServiceUnreachable, kDeadlineExceeded, kCancelled;
  // what `why_unreachable` says.
  template <class Stub, class Request, class Response>
  Result<Response> Unary(Stub& stub,
                         grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                      Response*),
                         const std::type_identity_t<Request>& request) const {
    Response response;
    RETURN_IF_ERROR(Repeat([&](grpc::ClientContext& context) {
      response.Clear();
      return (stub.*method)(&context, request, &response);
    }));
    return response;
  }

 private:
  using Attempt = std::function<grpc::Status(grpc::ClientContext&)>;
  Result<void> Repeat(const Attempt& attempt) const;
  grpc::Status Once(const Attempt& attempt, std::chrono::milliseconds limit) const;

  const Deps deps_;
  const CallLimits limits_;
};

}  // namespace certbroker::client
