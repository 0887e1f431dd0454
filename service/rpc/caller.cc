#include "service/rpc/caller.h"

#include <string>
#include <utility>
#include <vector>

#include <grpcpp/security/auth_context.h>

#include "service/rpc/client_skew.h"

namespace certbroker::rpc {
namespace {
constexpr const char* kPeerCertificate = "x509_pem_cert";
constexpr const char* kPeerChain = "x509_pem_cert_chain";
}  // namespace

Result<Caller> MutualTlsCallers::Resolve(const grpc::ServerContextBase& context) const {
  return ResolveFor(identity::Purpose::kCall, context);
}

Result<Caller> MutualTlsCallers::ResolveForRenewal(const grpc::ServerContextBase& context) const {
  return ResolveFor(identity::Purpose::kRenewal, context);
}

Result<Caller> MutualTlsCallers::ResolveFor(identity::Purpose purpose,
                                            const grpc::ServerContextBase& context) const {
  auto caller = Look(purpose, context);
  if (!caller) refusals_.Note(context.peer(), caller.error());
  return caller;
}

// TLS has proven that the peer has the key of its certificate, whatever the certificate is worth.
Result<Caller> MutualTlsCallers::Look(identity::Purpose purpose,
                                      const grpc::ServerContextBase& context) const {
  // First, because a wrong clock makes everything else wrong.
  RETURN_IF_ERROR(CheckSkew(context, clock_.Now()));
  const auto auth = context.auth_context();
  const auto certificates = auth == nullptr ? std::vector<grpc::string_ref>()
                                            : auth->FindPropertyValues(kPeerCertificate);
  if (certificates.size() != 1) {
    return Error(Reason::kIdentityInvalid,
                 "the connection has no client certificate; join first (certbroker-agent join), or "
                 "give --identity and --identity-key");
  }
  std::string chain(certificates[0].data(), certificates[0].size());
  for (const grpc::string_ref& rest : auth->FindPropertyValues(kPeerChain)) {
    chain.append(rest.data(), rest.size());
  }
  ASSIGN_OR_RETURN(identity::Peer peer, judge_.Judge(chain, purpose));
  uses_.Note(peer);
  AgentId agent = peer.agent;
  return Caller{std::move(agent), Role::kAgent, std::move(peer)};
}

Result<Caller> LocalOperatorCallers::Resolve(const grpc::ServerContextBase& /*context*/) const {
  return Caller{CallerId("operator:local"), Role::kOperator};
}

Result<void> RequireOperator(const Caller& caller) {
  if (caller.role == Role::kOperator) return {};
  return Error(Reason::kOperatorOnly,
               "only operators may do this: use the certbroker command on the service's host");
}

}  // namespace certbroker::rpc
