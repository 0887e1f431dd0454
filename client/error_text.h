// client/error_text.h: how an Error is shown to people.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"

namespace certbroker::client {

// certbroker-agent: NAME_NOT_AUTHORIZED: no rule grants …
//   two.test: no rule grants this name to …
//   No CA was asked.
//
// One indented line per violation, then what to do, where there is something to say that the
// detail cannot know. Printable, ends with a newline.
std::string ErrorText(std::string_view program, const Error& error);

// The line about what to do; empty: the detail says it all.
std::string Advice(const Error& error);

}  // namespace certbroker::client
