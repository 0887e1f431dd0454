#include "service/dev/system_error.h"

#include <cerrno>
#include <system_error>

#include <fmt/core.h>

namespace certbroker::dev {

Error SystemError(std::string_view what) { return SystemError(what, errno); }

Error SystemError(std::string_view what, int error_number) {
  return Error(Reason::kInternal,
               fmt::format("{}: {}", what, std::generic_category().message(error_number)));
}

}  // namespace certbroker::dev
