// service/rpc/agent_service.h: certbroker.v1.AgentService.
#pragma once

#include "certbroker/v1/agent.grpc.pb.h"
#include "service/rpc/session_stream.h"
#include "service/rpc/unary_call.h"

namespace certbroker::rpc {

class AgentService final : public v1::AgentService::CallbackService {
 public:
  // Everything must outlive the server that the service is registered with.
  AgentService(const CallerResolver& callers, const SessionStream::Deps& deps)
      : callers_(callers), deps_(deps) {}

  grpc::ServerBidiReactor<v1::AgentMessage, v1::BrokerMessage>* Session(
      grpc::CallbackServerContext* context) override;

 private:
  const CallerResolver& callers_;
  const SessionStream::Deps deps_;
};

}  // namespace certbroker::rpc
