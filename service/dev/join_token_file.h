// service/dev/join_token_file.h: the token out of what `certbroker tokens create -o json` printed.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.h"

namespace certbroker::dev {

// "CBJ1.…". kInternal: there is none in the file.
Result<std::string> JoinTokenIn(const std::filesystem::path& answer);

}  // namespace certbroker::dev
