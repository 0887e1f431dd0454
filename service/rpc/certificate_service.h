// service/rpc/certificate_service.h: certbroker.v1.CertificateService.
#pragma once

#include <functional>

#include "certbroker/v1/certificate.grpc.pb.h"
#include "core/clock.h"
#include "core/ports/certificate_store.h"
#include "core/ports/order_store.h"
#include "core/random.h"
#include "core/solver_plan.h"
#include "service/policy/current_policy.h"
#include "service/rpc/unary_call.h"
#include "service/rpc/watch_hub.h"

namespace certbroker::rpc {

class CertificateService final : public v1::CertificateService::CallbackService {
 public:
  // Everything must outlive the server that the service is registered with.
  struct Deps {
    CallDeps calls;
    const policy::CurrentPolicy& policy;
    OrderStore& orders;
    CertificateStore& certificates;
    WatchHub& hub;
    Clock& clock;
    Random& random;
    std::function<Result<AccountName>(const IssuerId&)>
        account_of;  // the account that orders at an issuer use
    std::function<Bytes(ByteView)> sha256;
    const SolverPlan& solvers;
    std::string trust_domain;  // of agents' short names; empty: the service makes no identities
  };
  explicit CertificateService(Deps deps) : deps_(std::move(deps)) {}

  grpc::ServerUnaryReactor* IssueCertificate(grpc::CallbackServerContext* context,
                                             const v1::IssueCertificateRequest* request,
                                             v1::Order* response) override;
  grpc::ServerUnaryReactor* ExplainIssuance(grpc::CallbackServerContext* context,
                                            const v1::ExplainIssuanceRequest* request,
                                            v1::Decision* response) override;
  grpc::ServerUnaryReactor* RenewCertificate(grpc::CallbackServerContext* context,
                                             const v1::RenewCertificateRequest* request,
                                             v1::Order* response) override;
  grpc::ServerUnaryReactor* RevokeCertificate(grpc::CallbackServerContext* context,
                                              const v1::RevokeCertificateRequest* request,
                                              v1::Certificate* response) override;
  grpc::ServerUnaryReactor* GetCertificate(grpc::CallbackServerContext* context,
                                           const v1::GetCertificateRequest* request,
                                           v1::Certificate* response) override;
  grpc::ServerUnaryReactor* ListCertificates(grpc::CallbackServerContext* context,
                                             const v1::ListCertificatesRequest* request,
                                             v1::ListCertificatesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchCertificateResponse>* WatchCertificate(
      grpc::CallbackServerContext* context, const v1::WatchCertificateRequest* request) override;

 private:
  Result<v1::Order> Issue(const Caller& caller, const v1::IssueCertificateRequest& request);
  Result<v1::Decision> Explain(const Caller& caller, const v1::ExplainIssuanceRequest& request);
  Result<v1::Order> Renew(const Caller& caller, const v1::RenewCertificateRequest& request);
  Result<v1::Certificate> Revoke(const Caller& caller, const v1::RevokeCertificateRequest& request);
  Result<v1::Order> Validated(const Approval& approval,
                              const std::vector<ChallengeType>& agent_challenges) const;
  Result<v1::Order> Place(const Approval& approval, NewOrder order, const RequestKey& request);
  template <class Id>
  Id NewId() {
    return Id(Uuid::V7(deps_.clock.Now(), deps_.random));
  }

  const Deps deps_;
};

}  // namespace certbroker::rpc
