// service/rpc/issuance_wish.h: what IssueCertificate and ExplainIssuance are asked alike.
#pragma once

#include "core/result.h"
#include "service/rpc/resource_names.h"

namespace certbroker::rpc {

// Names, issuers and profile of either request into policy's IssuanceRequest or Question.
// kInvalidArgument.
template <class Request, class Asked>
Result<void> ReadWish(const Request& request, Asked& asked) {
  asked.names = {request.identifiers().begin(), request.identifiers().end()};
  asked.profile = request.profile();
  if (!request.issuer().empty()) {
    ASSIGN_OR_RETURN(const IssuerId issuer, ParseIssuerName("issuer", request.issuer()));
    asked.issuer = issuer.ToString();
  }
  for (const std::string& name : request.fallback_issuers()) {
    ASSIGN_OR_RETURN(const IssuerId issuer, ParseIssuerName("fallback_issuers", name));
    asked.fallback_issuers.push_back(issuer.ToString());
  }
  return {};
}

}  // namespace certbroker::rpc
