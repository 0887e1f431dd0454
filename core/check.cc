#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace certbroker {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "certbroker: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace certbroker
