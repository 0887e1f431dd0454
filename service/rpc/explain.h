// service/rpc/explain.h: policy's explanation and the ways to prove each name, as one answer.
#pragma once

#include <string_view>

#include "certbroker/v1/certificate.pb.h"
#include "core/result.h"
#include "core/solver_plan.h"
#include "service/policy/policy.h"
#include "service/rpc/caller.h"

namespace certbroker::rpc {

// Whom a question is about: agents ask for themselves, operators for any agent. kInvalidArgument.
Result<AgentId> AskedFor(const Caller& caller, std::string_view agent,
                         std::string_view trust_domain);

// Errors: kInvalidArgument, kNameInvalid. A refusal is an answer.
Result<v1::Decision> Explain(const policy::Policy& policy, const SolverPlan& solvers,
                             const Caller& caller, const AgentId& agent,
                             const v1::ExplainIssuanceRequest& request);

}  // namespace certbroker::rpc
