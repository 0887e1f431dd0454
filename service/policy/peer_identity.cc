#include "service/policy/peer_identity.h"

#include <fmt/format.h>

#include "service/policy/agent_uri.h"

namespace certbroker::policy {
namespace {

Error Refused(std::string_view why) {
  return Error(
      Reason::kIdentityInvalid,
      fmt::format("the client certificate identifies no agent: {}. Use a certificate of the "
                  "agent CA with one URI name such as spiffe://example.org/agent/web-01",
                  why));
}

}  // namespace

Result<AgentId> AgentIdentity(const pki::Certificate& certificate) {
  if (certificate.is_ca()) return Refused("it is a CA's");
  if (!certificate.has_eku_client_auth()) {
    return Refused("its extendedKeyUsage does not name clientAuth");
  }
  const auto& uris = certificate.uri_names();
  if (uris.size() != 1) {
    return Refused(fmt::format("it has {} URI names instead of one", uris.size()));
  }
  const std::string& uri = uris.front();
  if (const std::string problem = AgentUriProblem(uri); !problem.empty()) {
    return Refused(fmt::format("of its URI name \"{}\": {}", Printable(uri, 200), problem));
  }
  return AgentId(uri);
}

}  // namespace certbroker::policy
