#include "service/rpc/certificate_service.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/certificate.h"
#include "service/rpc/convert.h"
#include "service/rpc/explain.h"
#include "service/rpc/failed_stream.h"
#include "service/rpc/issuance_wish.h"
#include "service/rpc/provability.h"
#include "service/rpc/request_body.h"
#include "service/rpc/resource_names.h"
#include "service/rpc/watch_stream.h"

namespace certbroker::rpc {
namespace {

Bytes BytesOf(const std::string& text) { return ToBytes(AsBytes(text)); }

// An operator has no host and no key; a certificate in its name would have no owner that could
// fetch it.
Result<void> RequireAgent(const Caller& caller) {
  if (caller.role == Role::kAgent) return {};
  return Error(Reason::kAgentOnly,
               "certificates are asked for by agents, for keys on their hosts; use "
               "certbroker-agent there");
}

Result<RevocationReason> ReasonOf(const v1::RevokeCertificateRequest& request) {
  if (!request.has_reason_code()) {
    return InvalidField(
        "reason_code",
        "is required: 0 unspecified, 1 keyCompromise, 3 affiliationChanged, 4 superseded, "
        "5 cessationOfOperation");
  }
  if (const auto reason = RevocationReasonFromCode(request.reason_code())) return *reason;
  return InvalidField("reason_code",
                      "is not one that a subscriber may give: 0 unspecified, 1 keyCompromise, "
                      "3 affiliationChanged, 4 superseded, 5 cessationOfOperation");
}

}  // namespace

grpc::ServerUnaryReactor* CertificateService::IssueCertificate(
    grpc::CallbackServerContext* context, const v1::IssueCertificateRequest* request,
    v1::Order* response) {
  return AnswerUnary(context, deps_.calls, "IssueCertificate", response,
                     [this, request](const Caller& caller) { return Issue(caller, *request); });
}

grpc::ServerUnaryReactor* CertificateService::ExplainIssuance(
    grpc::CallbackServerContext* context, const v1::ExplainIssuanceRequest* request,
    v1::Decision* response) {
  return AnswerUnary(context, deps_.calls, "ExplainIssuance", response,
                     [this, request](const Caller& caller) { return Explain(caller, *request); });
}

grpc::ServerUnaryReactor* CertificateService::RenewCertificate(
    grpc::CallbackServerContext* context, const v1::RenewCertificateRequest* request,
    v1::Order* response) {
  return AnswerUnary(context, deps_.calls, "RenewCertificate", response,
                     [this, request](const Caller& caller) { return Renew(caller, *request); });
}

grpc::ServerUnaryReactor* CertificateService::RevokeCertificate(
    grpc::CallbackServerContext* context, const v1::RevokeCertificateRequest* request,
    v1::Certificate* response) {
  return AnswerUnary(context, deps_.calls, "RevokeCertificate", response,
                     [this, request](const Caller& caller) { return Revoke(caller, *request); });
}

Result<v1::Order> CertificateService::Issue(const Caller& caller,
                                            const v1::IssueCertificateRequest& request) {
  RETURN_IF_ERROR(RequireAgent(caller));
  ASSIGN_OR_RETURN(const RequestId request_id, ParseRequestId(request.request_id()));
  policy::IssuanceRequest asked;
  asked.agent = caller.id;
  asked.csr_der = BytesOf(request.csr_der());
  RETURN_IF_ERROR(ReadWish(request, asked));
  ASSIGN_OR_RETURN(const Approval approval, deps_.policy.Get()->Evaluate(asked));
  ASSIGN_OR_RETURN(auto agent_challenges, AgentChallengesOf(request.challenge_types()));
  if (request.validate_only()) return Validated(approval, agent_challenges);
  return Place(approval,
               {.id = NewId<OrderId>(),
                .certificate = NewId<CertificateId>(),
                .kind = OrderKind::kIssue,
                .account = {},
                .fallbacks = {},
                .profile_required = !request.profile_preferred(),
                .agent_challenges = std::move(agent_challenges)},
               {caller.id, request_id, "IssueCertificate", RequestBody(request)});
}

Result<v1::Decision> CertificateService::Explain(const Caller& caller,
                                                 const v1::ExplainIssuanceRequest& request) {
  ASSIGN_OR_RETURN(const AgentId agent, AskedFor(caller, request.agent(), deps_.trust_domain));
  const auto policy = deps_.policy.Get();
  return rpc::Explain(*policy, deps_.solvers, caller, agent, request);
}

// What an order would be like, without a name.
Result<v1::Order> CertificateService::Validated(
    const Approval& approval, const std::vector<ChallengeType>& agent_challenges) const {
  RETURN_IF_ERROR(CheckProvable(approval.names(), agent_challenges, deps_.solvers));
  for (const IssuerId& issuer : approval.fallback_issuers()) {
    RETURN_IF_ERROR(deps_.account_of(issuer));
  }
  ASSIGN_OR_RETURN(const AccountName account, deps_.account_of(approval.issuer()));
  v1::Order order;
  order.set_agent(approval.agent().ToString());
  order.set_issuer(IssuerName(approval.issuer()));
  order.set_account(account.ToString());
  order.set_policy_rule(approval.rule());
  for (const Identifier& name : approval.names())
    order.add_identifiers(std::string(name.ToString()));
  order.set_profile(approval.profile());
  return order;
}

Result<v1::Order> CertificateService::Renew(const Caller& caller,
                                            const v1::RenewCertificateRequest& request) {
  RETURN_IF_ERROR(RequireAgent(caller));
  ASSIGN_OR_RETURN(const RequestId request_id, ParseRequestId(request.request_id()));
  ASSIGN_OR_RETURN(const CertificateId id, ParseCertificateName("name", request.name()));
  ASSIGN_OR_RETURN(const ManagedCertificate certificate,
                   deps_.certificates.Get(id, caller.scope()));
  policy::IssuanceRequest asked{.agent = caller.id,
                                .csr_der = BytesOf(request.csr_der()),
                                .names = {},
                                .issuer = certificate.issuer.ToString(),
                                .fallback_issuers = {},
                                .profile = certificate.profile};
  for (const Identifier& name : certificate.names) asked.names.push_back(name.ToString());
  for (const IssuerId& issuer : certificate.fallback_issuers)
    asked.fallback_issuers.push_back(issuer.ToString());
  ASSIGN_OR_RETURN(const Approval approval, deps_.policy.Get()->Evaluate(asked));
  ASSIGN_OR_RETURN(auto agent_challenges, AgentChallengesOf(request.challenge_types()));
  return Place(approval,
               {.id = NewId<OrderId>(),
                .certificate = id,
                .kind = OrderKind::kRenew,
                .account = {},
                .fallbacks = {},
                .profile_required = !request.profile_preferred(),
                .agent_challenges = std::move(agent_challenges)},
               {caller.id, request_id, "RenewCertificate", RequestBody(request)});
}

Result<v1::Order> CertificateService::Place(const Approval& approval, NewOrder order,
                                            const RequestKey& request) {
  RETURN_IF_ERROR(CheckProvable(approval.names(), order.agent_challenges, deps_.solvers));
  ASSIGN_OR_RETURN(order.account, deps_.account_of(approval.issuer()));
  for (const IssuerId& issuer : approval.fallback_issuers()) {
    ASSIGN_OR_RETURN(AccountName account, deps_.account_of(issuer));
    order.fallbacks.push_back(std::move(account));
  }
  ASSIGN_OR_RETURN(const Order placed, deps_.orders.Create(approval, order, request));
  ASSIGN_OR_RETURN(const auto events, deps_.orders.Events(placed.id));
  return ToProto(placed, events);
}

Result<v1::Certificate> CertificateService::Revoke(const Caller& caller,
                                                   const v1::RevokeCertificateRequest& request) {
  ASSIGN_OR_RETURN(const RequestId request_id, ParseRequestId(request.request_id()));
  ASSIGN_OR_RETURN(const RevocationReason reason, ReasonOf(request));
  NewRevocation revocation{
      .id = NewId<RevocationId>(), .certificate = {}, .sha256 = std::nullopt, .reason = reason};
  if (request.has_certificate_der()) {
    revocation.sha256 = deps_.sha256(AsBytes(request.certificate_der()));
    ASSIGN_OR_RETURN(const ManagedCertificate found,
                     deps_.certificates.FindBySha256(*revocation.sha256, caller.scope()));
    revocation.certificate = found.id;
  } else {
    ASSIGN_OR_RETURN(revocation.certificate, ParseCertificateName("name", request.name()));
  }
  ASSIGN_OR_RETURN(const ManagedCertificate certificate,
                   deps_.certificates.RequestRevocation(
                       revocation, caller.scope(),
                       {caller.id, request_id, "RevokeCertificate", RequestBody(request)}));
  return ToProto(certificate, Chains::kInclude, deps_.clock.Now());
}

grpc::ServerUnaryReactor* CertificateService::GetCertificate(
    grpc::CallbackServerContext* context, const v1::GetCertificateRequest* request,
    v1::Certificate* response) {
  return AnswerUnary(
      context, deps_.calls, "GetCertificate", response,
      [this, request](const Caller& caller) -> Result<v1::Certificate> {
        ASSIGN_OR_RETURN(const CertificateId id, ParseCertificateName("name", request->name()));
        ASSIGN_OR_RETURN(const auto certificate, deps_.certificates.Get(id, caller.scope()));
        return ToProto(certificate, Chains::kInclude, deps_.clock.Now());
      });
}

grpc::ServerUnaryReactor* CertificateService::ListCertificates(
    grpc::CallbackServerContext* context, const v1::ListCertificatesRequest* request,
    v1::ListCertificatesResponse* response) {
  return AnswerUnary(
      context, deps_.calls, "ListCertificates", response,
      [this, request](const Caller& caller) -> Result<v1::ListCertificatesResponse> {
        CertificateFilter filter{.agent = caller.scope(), .name = std::nullopt};
        if (!request->identifier().empty()) {
          auto name = Identifier::Parse(request->identifier());
          if (!name) return InvalidField("identifier", name.error().detail());
          filter.name = *std::move(name);
        }
        ASSIGN_OR_RETURN(const auto page, PageOf(request->page_size(), request->page_token()));
        ASSIGN_OR_RETURN(const auto found, deps_.certificates.List(filter, page));
        v1::ListCertificatesResponse list;
        for (const auto& certificate : found.items) {
          *list.add_certificates() = ToProto(certificate, Chains::kOmit, deps_.clock.Now());
        }
        list.set_next_page_token(found.next_token);
        return list;
      });
}

grpc::ServerWriteReactor<v1::WatchCertificateResponse>* CertificateService::WatchCertificate(
    grpc::CallbackServerContext* context, const v1::WatchCertificateRequest* request) {
  using Failed = FailedStream<v1::WatchCertificateResponse>;
  auto caller = deps_.calls.callers.Resolve(*context);
  if (!caller) return new Failed(caller.error());
  const auto id = ParseCertificateName("name", request->name());
  if (!id) return new Failed(id.error());
  return WatchStream<v1::WatchCertificateResponse>::Open(
      deps_.calls, *caller, deps_.hub, id->ToString(),
      [&certificates = deps_.certificates, &clock = deps_.clock, id = *id,
       scope = caller->scope()]() -> Result<Snapshot<v1::WatchCertificateResponse>> {
        ASSIGN_OR_RETURN(const auto certificate, certificates.Get(id, scope));
        Snapshot<v1::WatchCertificateResponse> snapshot;
        *snapshot.response.mutable_certificate() =
            ToProto(certificate, Chains::kInclude, clock.Now());
        return snapshot;
      });
}

}  // namespace certbroker::rpc
