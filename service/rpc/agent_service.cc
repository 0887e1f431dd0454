#include "service/rpc/agent_service.h"

#include "core/secret.h"
#include "service/rpc/client_skew.h"
#include "service/rpc/convert.h"
#include "service/rpc/resource_names.h"

namespace certbroker::rpc {
namespace {

// Whoever has no identity yet must not keep those waiting who have one.
constexpr int kMostEnrolling = 2;
constexpr std::size_t kSecret = 32;

class RefusedSession final : public grpc::ServerBidiReactor<v1::AgentMessage, v1::BrokerMessage> {
 public:
  explicit RefusedSession(const Error& error) { Finish(ToStatus(error)); }
  void OnDone() override { delete this; }
};

Error NoIdentitiesHere() {
  return {
      Reason::kConfigInvalid,
      "this service makes no identities: its configuration has no [identity]; use a certificate "
      "of the CA that its operators run"};
}

v1::AgentIdentity ToProto(const identity::IssuedIdentity& issued,
                          const identity::Enrolment& enrolment) {
  v1::AgentIdentity out;
  out.set_spiffe_id(issued.agent.ToString());
  out.set_certificate_pem(issued.certificate_pem);
  out.set_server_ca_pem(enrolment.server_ca_pem);
  SetTime(issued.expire_time, out.mutable_expire_time());
  SetTime(issued.renew_time, out.mutable_renew_time());
  return out;
}

grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const Error& error) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToStatus(error));
  return reactor;
}

}  // namespace

grpc::ServerBidiReactor<v1::AgentMessage, v1::BrokerMessage>* AgentService::Session(
    grpc::CallbackServerContext* context) {
  auto caller = deps_.callers.Resolve(*context);
  if (!caller) return new RefusedSession(caller.error());
  return SessionStream::Open(deps_.session, *std::move(caller));
}

grpc::ServerUnaryReactor* AgentService::Enroll(grpc::CallbackServerContext* context,
                                               const v1::EnrollRequest* request,
                                               v1::AgentIdentity* response) {
  if (const auto skew = CheckSkew(*context, deps_.session.clock.Now()); !skew) {
    return Refuse(context, skew.error());
  }
  if (enrolling_.fetch_add(1) >= kMostEnrolling) {
    enrolling_.fetch_sub(1);
    return Refuse(context, Overloaded());
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool accepted = deps_.session.executor.TryPost([this, reactor, request, response] {
    auto identity = LetIn(*request);
    enrolling_.fetch_sub(1);
    if (identity) {
      *response = *std::move(identity);
      deps_.session.log.Info(
          "agent_joined",
          {{"agent", response->spiffe_id()}, {"join_token", Printable(request->join_token(), 40)}});
      reactor->Finish(grpc::Status::OK);
      return;
    }
    deps_.session.log.Warning("join_refused", {{"join_token", Printable(request->join_token(), 40)},
                                               {"error", identity.error().ToString()}});
    reactor->Finish(ToStatus(identity.error()));
  });
  if (!accepted) {
    enrolling_.fetch_sub(1);
    reactor->Finish(ToStatus(Overloaded()));
  }
  return reactor;
}

Result<v1::AgentIdentity> AgentService::LetIn(const v1::EnrollRequest& request) const {
  if (deps_.enrolment == nullptr) return NoIdentitiesHere();
  const auto token = JoinTokenId::Parse(request.join_token());
  if (!token) return InvalidField("join_token", "is required: the token's id, a UUID");
  if (request.secret().size() != kSecret) {
    return InvalidField("secret", "is required: the token's secret, 32 octets");
  }
  ASSIGN_OR_RETURN(const auto issued,
                   deps_.enrolment->issuer.Enroll(*token, AsBytes(request.secret()),
                                                  AsBytes(request.csr_der())));
  return ToProto(issued, *deps_.enrolment);
}

grpc::ServerUnaryReactor* AgentService::RenewIdentity(grpc::CallbackServerContext* context,
                                                      const v1::RenewIdentityRequest* request,
                                                      v1::AgentIdentity* response) {
  auto caller = deps_.callers.ResolveForRenewal(*context);
  if (!caller) return Refuse(context, caller.error());
  const auto& session = deps_.session;
  return AnswerUnary(context, *std::move(caller), session.executor, session.log, "RenewIdentity",
                     response,
                     [this, request](const Caller& renewing) { return Renew(renewing, *request); });
}

Result<v1::AgentIdentity> AgentService::Renew(const Caller& caller,
                                              const v1::RenewIdentityRequest& request) const {
  if (deps_.enrolment == nullptr) return NoIdentitiesHere();
  if (!caller.peer || !caller.peer->number) {
    return Error(Reason::kIdentityInvalid,
                 "the identity is none of the service's agent CA: have the CA that made it renew "
                 "it, or let the host join with a token");
  }
  ASSIGN_OR_RETURN(const auto issued, deps_.enrolment->issuer.Renew(caller.id, *caller.peer->number,
                                                                    AsBytes(request.csr_der())));
  return ToProto(issued, *deps_.enrolment);
}

}  // namespace certbroker::rpc
