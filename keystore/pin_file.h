// keystore/pin_file.h: a PIN in a file that nobody else can read.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

#include "core/result.h"
#include "core/secret.h"

namespace certbroker::keystore {

// The content of `path` without one trailing newline: 1 to 255 octets, no control characters (a
// forgotten carriage return would cost one of the token's few tries). `path` itself is the file,
// not a symbolic link to it; links in its directories are followed.
//
// Errors: kConfigInvalid with the path and what to change (PinFileProblem). Never quotes the
// content.
Result<Secret> ReadPinFile(const std::string& path);

// What is wrong with a PIN file, seen by the user `us`; empty: nothing. It must be a regular file.
// Ours: no permission for group or others. Root's (that is how root, systemd and others give a
// service its PIN, mode 0440 root:service or with an ACL): group may read, not write; others
// nothing. Nobody else's.
std::string PinFileProblem(const struct stat& status, uid_t us);

// As ReadPinFile, from an open descriptor, to its end; `name` is for error texts.
Result<Secret> ReadPinFrom(int fd, const std::string& name);

}  // namespace certbroker::keystore
