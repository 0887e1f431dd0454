#include "tests/support/unprivileged.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/check.h"

namespace certbroker {

void BecomeUnprivileged() {
  constexpr unsigned int kNobody = 65534;
  if (::geteuid() != 0) return;
  CERTBROKER_CHECK(::setgroups(0, nullptr) == 0);
  CERTBROKER_CHECK(::setgid(kNobody) == 0);
  CERTBROKER_CHECK(::setuid(kNobody) == 0);
  // Changing the user takes this away; the leak sanitizer traces its own process.
  CERTBROKER_CHECK(::prctl(PR_SET_DUMPABLE, 1) == 0);
}

}  // namespace certbroker
