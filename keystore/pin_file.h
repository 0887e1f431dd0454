// keystore/pin_file.h: a PIN comes from a file and from nowhere else: not from argv, the
// environment or a URI.
#pragma once

#include <string>

#include "core/result.h"
#include "core/secret.h"

namespace certbroker::keystore {

// The content of `path` without one trailing newline: 1 to 255 octets, no control characters (a
// forgotten carriage return would cost one of the token's few tries). A symbolic link is followed,
// because that is how systemd and Kubernetes hand out credentials; what counts is the file behind
// it.
//
// It must be a regular file, and nobody but its reader may read it. Owned by this user: no
// permission for group or others. Owned by somebody else (root gives a service its PIN, mode 0640
// root:service): group may read, not write; others nothing.
//
// Errors: kConfigInvalid with the path and what to change. Never quotes the content.
Result<Secret> ReadPinFile(const std::string& path);

}  // namespace certbroker::keystore
