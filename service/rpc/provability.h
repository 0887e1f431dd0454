// service/rpc/provability.h: which challenges could prove the names of a request.
#pragma once

#include <string>
#include <vector>

#include <google/protobuf/repeated_field.h>

#include "core/challenge.h"
#include "core/identifier.h"
#include "core/result.h"
#include "core/solver_plan.h"

namespace certbroker::rpc {

// What an agent says that it serves itself; each once. kInvalidArgument for what no agent serves.
Result<std::vector<ChallengeType>> AgentChallengesOf(
    const google::protobuf::RepeatedPtrField<std::string>& names);

// Best first; none: nothing here can prove it.
std::vector<ChallengeOption> WaysToProve(const Identifier& name,
                                         const std::vector<ChallengeType>& by_agent,
                                         const SolverPlan& solvers);

// What cannot be proven is refused before a CA hears of it: kChallengeUnsupported, with a violation
// for each such name.
Result<void> CheckProvable(const std::vector<Identifier>& names,
                           const std::vector<ChallengeType>& by_agent, const SolverPlan& solvers);

}  // namespace certbroker::rpc
