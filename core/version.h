// core/version.h: the version of all of certbroker's programs, as CMakeLists.txt has it.
#pragma once

#include <string_view>

namespace certbroker {

// "0.1.0"
std::string_view Version();

}  // namespace certbroker
