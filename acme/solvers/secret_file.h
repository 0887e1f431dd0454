// acme/solvers/secret_file.h: a secret comes from a file that only its reader may read.
#pragma once

#include <string>

#include "core/result.h"
#include "core/secret.h"

namespace certbroker::acme {

// The content of a regular file of 1 to 4096 octets, as it is. Owned by this user it may give
// nothing to group or others; owned by somebody else (root, mode 0640) nothing to others, and no
// writing to the group. kConfigInvalid with the path and what to change; never quotes the content.
Result<Secret> ReadSecretFile(const std::string& path);

}  // namespace certbroker::acme
