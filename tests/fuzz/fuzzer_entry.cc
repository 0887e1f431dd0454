// Where libFuzzer hands its inputs over.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  certbroker::fuzz::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
