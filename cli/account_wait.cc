#include "cli/account_wait.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/failure_text.h"
#include "client/status.h"

namespace certbroker::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLastPause{2000};

Error StillPending(const v1::Account& account, std::chrono::seconds timeout) {
  return {Reason::kDeadlineExceeded,
          fmt::format("{} is on record, but the CA has not confirmed it within {} s{}; the service "
                      "goes on trying: look with 'certbroker accounts list'",
                      Printable(account.name()), timeout.count(),
                      account.has_error()
                          ? fmt::format(" (last failure: {})", FailureText(account.error()))
                          : "")};
}

bool IsUnderWay(const v1::Account& account) {
  return account.state() == v1::Account::PENDING ||
         account.pending_change() != v1::Account::CHANGE_UNSPECIFIED;
}

}  // namespace

Result<v1::Account> WaitForAccount(v1::Account account,
                                   const std::function<Result<v1::Account>()>& get,
                                   std::chrono::seconds timeout, Clock& clock,
                                   const client::Wait& wait) {
  const SteadyTime deadline = clock.Tick() + timeout;
  for (milliseconds pause = kFirstPause; IsUnderWay(account);
       pause = std::min(pause * 2, kLastPause)) {
    if (clock.Tick() + pause > deadline) return StillPending(account, timeout);
    if (!wait(pause)) return Error(Reason::kCancelled, "the wait was ended");
    ASSIGN_OR_RETURN(account, get());
  }
  if (!account.has_error()) return account;
  return client::FromProto(account.error()).While(Printable(account.name()));
}

}  // namespace certbroker::cli
