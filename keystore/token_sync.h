// keystore/token_sync.h: makes a token that lives in files survive a power loss.
#pragma once

#include <string>

#include "core/result.h"

namespace certbroker::keystore {

// fsync of every file and directory under `directory`, files first, then itself. kHsmUnavailable
// with the path.
Result<void> SyncTokenDirectory(const std::string& directory);

}  // namespace certbroker::keystore
