// service/rpc/agent_service.h: certbroker.v1.AgentService.
#pragma once

#include <atomic>

#include "certbroker/v1/agent.grpc.pb.h"
#include "service/identity/enrolment.h"
#include "service/rpc/session_stream.h"
#include "service/rpc/unary_call.h"

namespace certbroker::rpc {

class AgentService final : public v1::AgentService::CallbackService {
 public:
  struct Deps {
    const MutualTlsCallers& callers;
    SessionStream::Deps session;
    const identity::Enrolment* enrolment;  // null: the service makes no identities
  };
  // Everything must outlive the server that the service is registered with.
  explicit AgentService(const Deps& deps) : deps_(deps) {}

  grpc::ServerBidiReactor<v1::AgentMessage, v1::BrokerMessage>* Session(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Enroll(grpc::CallbackServerContext* context,
                                   const v1::EnrollRequest* request,
                                   v1::AgentIdentity* response) override;
  grpc::ServerUnaryReactor* RenewIdentity(grpc::CallbackServerContext* context,
                                          const v1::RenewIdentityRequest* request,
                                          v1::AgentIdentity* response) override;

 private:
  Result<v1::AgentIdentity> LetIn(const v1::EnrollRequest& request) const;
  Result<v1::AgentIdentity> Renew(const Caller& caller,
                                  const v1::RenewIdentityRequest& request) const;

  const Deps deps_;
  std::atomic<int> enrolling_ = 0;
};

}  // namespace certbroker::rpc
