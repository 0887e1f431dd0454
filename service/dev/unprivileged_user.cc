#include "service/dev/unprivileged_user.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include <fmt/core.h>

#include "service/dev/system_error.h"

namespace certbroker::dev {

Result<UserIds> FindUser(const std::string& name) {
  passwd entry = {};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr || found->pw_uid == 0) {
    return Error(Reason::kConfigInvalid,
                 fmt::format("a stack that root starts runs as the user '{}', and {}; name another "
                             "with --user",
                             Printable(name), found == nullptr ? "there is none" : "that is root"));
  }
  return UserIds{.uid = found->pw_uid, .gid = found->pw_gid};
}

Result<void> BecomeUser(UserIds user) {
  int death_signal = 0;
  ::prctl(PR_GET_PDEATHSIG, &death_signal);
  const pid_t parent = ::getppid();
  if (::setgroups(0, nullptr) != 0 || ::setresgid(user.gid, user.gid, user.gid) != 0 ||
      ::setresuid(user.uid, user.uid, user.uid) != 0) {
    return SystemError("giving up root");
  }
  // The change also keeps debuggers and the leak sanitizer out; there is nothing to protect here.
  ::prctl(PR_SET_DUMPABLE, 1);
  if (death_signal != 0) {
    ::prctl(PR_SET_PDEATHSIG, death_signal);
    // It may have died between the change and the line above, and nobody would ever signal.
    if (::getppid() != parent) ::raise(death_signal);
  }
  return {};
}

}  // namespace certbroker::dev
