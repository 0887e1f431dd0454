// core/check.h: CERTBROKER_CHECK(condition): for what cannot happen unless our own code is wrong.
//
// A broken invariant ends the process with the place and the condition, in release builds too: a
// broker that goes on with a state it does not understand is worse than one that restarts. What
// network, HSM, database or a file can do is an Error.
#pragma once

namespace certbroker {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace certbroker

#define CERTBROKER_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::certbroker::CheckFailed(#condition, __FILE__, __LINE__))
