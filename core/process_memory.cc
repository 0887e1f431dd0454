#include "core/process_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace certbroker {

void KeepMemoryPrivate() {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace certbroker
