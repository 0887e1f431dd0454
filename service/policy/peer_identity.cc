#include "service/policy/peer_identity.h"

#include <fmt/format.h>

#include "pki/pem_chain.h"
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

Result<AgentId> AgentIdentity(std::string_view certificate_pem, Time now) {
  const auto chain = pki::ParsePemChain(certificate_pem);
  if (!chain) return Refused(chain.error().detail());
  if (chain->size() != 1) return Refused("there is more than one certificate");
  const pki::Certificate& certificate = chain->front();
  if (certificate.is_ca()) return Refused("it is a CA's");
  if (!certificate.has_eku_client_auth()) {
    return Refused("its extendedKeyUsage does not name clientAuth");
  }
  if (now < certificate.not_before() || now > certificate.not_after()) {
    return Refused(fmt::format("it is valid from {} to {} only, and now is {}",
                               FormatRfc3339(certificate.not_before()),
                               FormatRfc3339(certificate.not_after()), FormatRfc3339(now)));
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
