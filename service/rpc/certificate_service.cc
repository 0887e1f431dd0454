#include "service/rpc/certificate_service.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/certificate.h"
#include "service/rpc/convert.h"
#include "service/rpc/failed_stream.h"
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

// Of IssueCertificateRequest or RenewCertificateRequest.
template <class Request>
Result<std::vector<ChallengeType>> AgentChallengesOf(const Request& request) {
  std::vector<ChallengeType> types;
  for (const std::string& name : request.challenge_types()) {
    const auto type = ChallengeTypeFromName(name);
    if (type != ChallengeType::kHttp01 && type != ChallengeType::kTlsAlpn01) {
      return InvalidField("challenge_types",
                          "an agent serves \"http-01\" and \"tls-alpn-01\", no other");
    }
    if (std::ranges::find(types, *type) == types.end()) types.push_back(*type);
  }
  return types;
}

// What cannot be proven is refused before a CA hears of it.
Result<void> CheckProvable(const Approval& approval, const std::vector<ChallengeType>& by_agent,
                           const SolverPlan& solvers) {
  std::optional<Error> failure;
  for (const Identifier& name : approval.names()) {
    const auto base = Identifier::Parse(name.base());
    if (base && !solvers.OptionsFor(*base, name.is_wildcard(), by_agent).empty()) continue;
    const std::string why =
        name.is_wildcard()
            ? "a wildcard takes a DNS record (RFC 8555 §8.4), and no DNS solver of the service "
              "covers it"
            : "the agent serves no challenge that could prove it, and no solver of the service "
              "covers it; give certbroker-agent --http-listen, --webroot or --tls-listen";
    if (!failure) {
      failure = Error(Reason::kChallengeUnsupported,
                      fmt::format("nothing can prove control of {}: {}", name.ToString(), why));
    }
    failure = std::move(*failure).With({name.ToString(), Reason::kChallengeUnsupported, why});
  }
  if (failure) return *std::move(failure);
  return {};
}

}  // namespace

grpc::ServerUnaryReactor* CertificateService::IssueCertificate(
    grpc::CallbackServerContext* context, const v1::IssueCertificateRequest* request,
    v1::Order* response) {
  return AnswerUnary(context, deps_.calls, "IssueCertificate", response,
                     [this, request](const Caller& caller) { return Issue(caller, *request); });
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
  policy::IssuanceRequest asked{
      .agent = caller.id,
      .csr_der = BytesOf(request.csr_der()),
      .names = {request.identifiers().begin(), request.identifiers().end()},
      .issuer = {},
      .fallback_issuers = {},
      .profile = request.profile()};
  if (!request.issuer().empty()) {
    ASSIGN_OR_RETURN(const IssuerId issuer, ParseIssuerName("issuer", request.issuer()));
    asked.issuer = issuer.ToString();
  }
  for (const std::string& name : request.fallback_issuers()) {
    ASSIGN_OR_RETURN(const IssuerId issuer, ParseIssuerName("fallback_issuers", name));
    asked.fallback_issuers.push_back(issuer.ToString());
  }
  ASSIGN_OR_RETURN(const Approval approval, deps_.policy.Evaluate(asked));
  ASSIGN_OR_RETURN(auto agent_challenges, AgentChallengesOf(request));
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
  ASSIGN_OR_RETURN(const Approval approval, deps_.policy.Evaluate(asked));
  ASSIGN_OR_RETURN(auto agent_challenges, AgentChallengesOf(request));
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
  RETURN_IF_ERROR(CheckProvable(approval, order.agent_challenges, deps_.solvers));
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
