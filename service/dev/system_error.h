// service/dev/system_error.h: a failed system call as an Error.
#pragma once

#include <string_view>

#include "core/error.h"

namespace certbroker::dev {

// kInternal, "what: the text of errno". Call it before anything else can change errno.
Error SystemError(std::string_view what);
Error SystemError(std::string_view what, int error_number);

}  // namespace certbroker::dev
