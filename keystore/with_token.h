// keystore/with_token.h: does something in a token, and does it again when what failed can be
// repaired.
#pragma once

#include <utility>

#include "keystore/ckr.h"
#include "keystore/token_link.h"

namespace certbroker::keystore {

// What came of one try. `fault` says what would repair a failed one; kFinal: nothing.
template <class T>
struct Attempt {
  Result<T> result;
  Fault fault = Fault::kNone;
};

// For failures that are known by their Error only.
template <class T>
Attempt<T> AttemptOf(Result<T> result) {
  if (result) return {std::move(result), Fault::kNone};
  const bool token = result.error().reason() == Reason::kHsmUnavailable;
  return {std::move(result), token ? Fault::kToken : Fault::kFinal};
}

// Every code that is repaired inside of one connection costs a try; five bridge a burst of them.
inline constexpr int kTries = 5;

// What to repair after `fault`. Asks the token itself: one that went away, or forgot the login,
// makes modules say that keys do not exist, that they cannot sign, that handles are invalid.
inline Fault Diagnose(Fault fault, TokenConnection& connection) {
  if (fault == Fault::kSession || fault == Fault::kBusy) return fault;
  const Fault token = connection.Probe();
  return token == Fault::kNone ? fault : token;
}

// `attempt` takes a TokenConnection& and returns an Attempt<T>. It must have no effect that a
// second run would repeat.
template <class T, class F>
Result<T> WithToken(TokenLink& link, SteadyTime deadline, F attempt) {
  std::optional<Error> last;
  for (int i = 0; i < kTries; ++i) {
    std::uint64_t epoch = 0;
    Fault fault = Fault::kNone;
    {
      ASSIGN_OR_RETURN(const TokenLink::Access access, link.Enter(deadline));
      epoch = access.connection().epoch();
      Attempt<T> tried = attempt(access.connection());
      if (tried.result) return std::move(tried.result);
      last = tried.result.error();
      fault = Diagnose(tried.fault, access.connection());
    }
    if (fault == Fault::kFinal || fault == Fault::kBusy || fault == Fault::kPin) return *last;
    const bool here = fault == Fault::kSession || fault == Fault::kHandle;
    if (here && i + 1 < kTries) continue;
    link.ReportLost(epoch, here ? Fault::kToken : fault);
  }
  return Error(Reason::kHsmUnavailable, last->detail());
}

}  // namespace certbroker::keystore
