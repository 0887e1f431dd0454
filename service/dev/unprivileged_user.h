// service/dev/unprivileged_user.h: giving up root.
//
// Postgres refuses to run as root, and to root a read-only SoftHSM store is not read-only (a kill
// during login would destroy it). So a stack that is started by root gives root up as a whole,
// the supervisor included.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "core/result.h"

namespace certbroker::dev {

struct UserIds {
  uid_t uid = 0;
  gid_t gid = 0;
};

// kConfigInvalid when there is no such user, or when it is root itself.
Result<UserIds> FindUser(const std::string& name);

// For ever, for the whole process; supplementary groups go too. Call it as root, before there is a
// second thread. The signal that was to come when our parent dies is kept: the kernel forgets it
// when the user changes.
Result<void> BecomeUser(UserIds user);

}  // namespace certbroker::dev
