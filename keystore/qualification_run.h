// keystore/qualification_run.h: a qualification of a token that is at hand as a function list.
#pragma once

#include "keystore/qualification_trial.h"

namespace certbroker::keystore {

// All of Qualify but finding the token: the report says nothing of which one it is.
Result<QualificationReport> QualifyToken(TokenBench& bench, const TrialPlan& plan,
                                         const QualificationWatch& watch);

}  // namespace certbroker::keystore
