// agent/version.h: the version that the program and its sessions tell.
#pragma once

#include <string_view>

namespace certbroker::agent {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace certbroker::agent
