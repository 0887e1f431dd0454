// cli/decision_text.h: a policy decision for people.
#pragma once

#include <string>

#include "certbroker/v1/certificate.pb.h"

namespace certbroker::cli {

// ALLOWED to spiffe://example.org/agent/web-01 by rule web-tier, policy 2026-11-21.1
//   from issuers/letsencrypt, profile: the CA's default
//
// RULE      OUTCOME  BECAUSE
// web-tier  GRANTS   grants 1 name, from issuer "letsencrypt", with profile the CA's default
// 12 other rules do not name this agent.
//
// NAME             PROVEN BY
// www.example.com  http-01 (agent), dns-01 (corp-dns)
//
// or, in front, NOT ALLOWED and why.
std::string DecisionText(const v1::Decision& decision);

}  // namespace certbroker::cli
