// service/config/text_file.h: reads a file that an operator wrote.
#pragma once

#include <string>

#include "core/result.h"

namespace certbroker::config {

// The file's octets, at most 32 MiB (a policy of 100,000 rules has half of that): a larger one is a
// mistaken path.
// kConfigInvalid with the path and the system's reason.
Result<std::string> ReadTextFile(const std::string& path);

}  // namespace certbroker::config
