// core/error_text.h: how an Error is shown to people on a terminal.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

namespace certbroker {

// certbroker-agent: NAME_NOT_AUTHORIZED: no rule grants …
//   two.test: no rule grants this name to …
//
// One indented line per violation; none for one that the first line has said already. Printable,
// ends with a newline.
std::string ErrorText(std::string_view program, const Error& error);

}  // namespace certbroker
