// cli/account_wait.h: waits until the CA has confirmed an account, or what is to change about it.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "certbroker/v1/account.pb.h"
#include "client/wait.h"
#include "core/clock.h"
#include "core/result.h"

namespace certbroker::cli {

// Calls `get` until the account is neither PENDING nor to be changed, with pauses that grow from
// 0.1 to 2 s. Errors: those of `get` · what the CA refused it, or the change, with ·
// kDeadlineExceeded, which quotes why it was still pending · kCancelled (the wait was ended).
Result<v1::Account> WaitForAccount(v1::Account account,
                                   const std::function<Result<v1::Account>()>& get,
                                   std::chrono::seconds timeout, Clock& clock,
                                   const client::Wait& wait);

}  // namespace certbroker::cli
