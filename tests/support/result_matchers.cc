#include "tests/support/result_matchers.h"

namespace certbroker {

void PrintTo(const Error& error, std::ostream* out) {
  *out << error.ToString();
  for (const Violation& violation : error.violations()) {
    *out << "\n  " << violation.subject << ": " << violation.description;
  }
}

}  // namespace certbroker
