// service/rpc/unary_call.h: the one shape of a unary handler: who is it, off the gRPC thread,
// answer.
#pragma once

#include <utility>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "core/executor.h"
#include "core/log.h"
#include "service/rpc/caller.h"
#include "service/rpc/status.h"

namespace certbroker::rpc {

// What every service needs. The executor's threads block for the database and the HSM; gRPC's never
// do.
struct CallDeps {
  const CallerResolver& callers;
  Executor& executor;
  Log& log;
};

// Runs `handler(caller) -> Result<Response>` on the executor and finishes the call with what it
// says.
template <class Response, class Handler>
grpc::ServerUnaryReactor* AnswerUnary(grpc::CallbackServerContext* context, const CallDeps& deps,
                                      std::string_view method, Response* response,
                                      Handler handler) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  auto caller = deps.callers.Resolve(*context);
  if (!caller) {
    reactor->Finish(ToStatus(caller.error()));
    return reactor;
  }
  const bool accepted =
      deps.executor.TryPost([reactor, response, method, &log = deps.log,
                             caller = *std::move(caller), handler = std::move(handler)]() mutable {
        Result<Response> result = handler(caller);
        if (result) {
          *response = *std::move(result);
          reactor->Finish(grpc::Status::OK);
          return;
        }
        log.Info("refused", {{"method", std::string(method)},
                             {"caller", caller.id.ToString()},
                             {"error", result.error().ToString()}});
        reactor->Finish(ToStatus(result.error()));
      });
  if (!accepted) reactor->Finish(ToStatus(Overloaded()));
  return reactor;
}

}  // namespace certbroker::rpc
