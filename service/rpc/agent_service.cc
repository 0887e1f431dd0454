#include "service/rpc/agent_service.h"

namespace certbroker::rpc {
namespace {

class RefusedSession final : public grpc::ServerBidiReactor<v1::AgentMessage, v1::BrokerMessage> {
 public:
  explicit RefusedSession(const Error& error) { Finish(ToStatus(error)); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerBidiReactor<v1::AgentMessage, v1::BrokerMessage>* AgentService::Session(
    grpc::CallbackServerContext* context) {
  auto caller = callers_.Resolve(*context);
  if (!caller) return new RefusedSession(caller.error());
  return SessionStream::Open(deps_, *std::move(caller));
}

}  // namespace certbroker::rpc
