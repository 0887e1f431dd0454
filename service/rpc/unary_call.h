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
#include "service/rpc/stream_roster.h"

namespace certbroker::rpc {

// What every service needs. The executor's threads block for the database and the HSM; gRPC's never
// do.
struct CallDeps {
  const CallerResolver& callers;
  Executor& executor;
  StreamRoster& streams;
  Log& log;
};

// Runs `handler(caller) -> Result<Response>` on the executor and finishes the call with what it
// says.
template <class Response, class Handler>
grpc::ServerUnaryReactor* AnswerUnary(grpc::CallbackServerContext* context, Caller who,
                                      Executor& executor, Log& log, std::string_view method,
                                      Response* response, Handler handler) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool accepted = executor.TryPost([reactor, response, method, &log, caller = std::move(who),
                                          handler = std::move(handler)]() mutable {
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

// The same for whoever the listener says is calling.
template <class Response, class Handler>
grpc::ServerUnaryReactor* AnswerUnary(grpc::CallbackServerContext* context, const CallDeps& deps,
                                      std::string_view method, Response* response,
                                      Handler handler) {
  auto caller = deps.callers.Resolve(*context);
  if (!caller) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(ToStatus(caller.error()));
    return reactor;
  }
  return AnswerUnary(context, *std::move(caller), deps.executor, deps.log, method, response,
                     std::move(handler));
}

}  // namespace certbroker::rpc
