#include "service/rpc/caller.h"

#include <string>

#include <grpcpp/security/auth_context.h>

#include "service/policy/peer_identity.h"

namespace certbroker::rpc {
namespace {
constexpr const char* kPeerCertificate = "x509_pem_cert";
}

Result<Caller> MutualTlsCallers::Resolve(const grpc::ServerContextBase& context) const {
  const auto auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) {
    return Error(Reason::kIdentityInvalid, "the connection has no verified client certificate");
  }
  const auto certificates = auth->FindPropertyValues(kPeerCertificate);
  if (certificates.size() != 1) {
    return Error(Reason::kIdentityInvalid, "the connection has no client certificate to read");
  }
  const std::string_view pem(certificates[0].data(), certificates[0].size());
  ASSIGN_OR_RETURN(AgentId agent, policy::AgentIdentity(pem, clock_.Now()));
  return Caller{std::move(agent), Role::kAgent};
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
