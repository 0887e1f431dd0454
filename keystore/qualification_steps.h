// keystore/qualification_steps.h: the steps of a qualification, in their order. Each notes at least
// one finding, leaves what it found out in the Trial, and never fails.
//
// All but DescribeModule and DescribeMechanisms need the login.
#pragma once

#include "keystore/qualification_trial.h"

namespace certbroker::keystore {

void DescribeModule(Trial& trial);
void DescribeMechanisms(Trial& trial);
void CheckSecondSession(Trial& trial);
// What a qualification that was killed has left.
void RemoveLeftOvers(Trial& trial);
// A pair of each kind: made, read back, attributes. Those that pass become keys of the trial.
void TryGeneration(Trial& trial);
// Keys that are in the token already. Without one of our own, the trial goes on with these.
void LookForOtherKeys(Trial& trial);
// Drops the keys whose signatures do not verify.
void TrySignatures(Trial& trial);
void TryParallelSessions(Trial& trial);
// Login again without starting the module over, and with it.
void TrySecondLogin(Trial& trial);
void TryStartingOver(Trial& trial);
void MeasureThroughput(Trial& trial);
// Whatever happened before; also without a login.
void RemoveTrialKeys(Trial& trial);

}  // namespace certbroker::keystore
