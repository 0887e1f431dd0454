#include "tests/support/remote_token.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/check.h"
#include "tests/fakes/capture_log.h"

extern char** environ;

namespace certbroker {

RemoteToken::RemoteToken(std::vector<std::string> key_labels,
                         std::optional<keystore::KeyKind> kind) {
  keystore::ProvisionOptions options = token_.provision_options(std::move(key_labels));
  options.key_kind = kind;
  CaptureLog log;
  CERTBROKER_CHECK(keystore::Provision(options, log).has_value());
  ::setenv("P11_KIT_SERVER_ADDRESS", ("unix:path=" + socket()).c_str(), 1);
  Start();
}

RemoteToken::~RemoteToken() {
  Kill();
  ::unsetenv("P11_KIT_SERVER_ADDRESS");
}

keystore::KeystoreOptions RemoteToken::keystore_options() const {
  keystore::KeystoreOptions options = token_.keystore_options();
  options.module = kModule;
  return options;
}

void RemoteToken::Start() {
  CERTBROKER_CHECK(group_ == -1);
  std::vector<std::string> words = {"p11-kit",
                                    "server",
                                    "--foreground",
                                    "--provider",
                                    std::string(SoftToken::kModule),
                                    "--name",
                                    socket(),
                                    "pkcs11:token=" + std::string(SoftToken::kLabel)};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  CERTBROKER_CHECK(::posix_spawnattr_init(&attributes) == 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawn_file_actions_t actions;
  CERTBROKER_CHECK(::posix_spawn_file_actions_init(&actions) == 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const int spawned =
      ::posix_spawnp(&group_, "p11-kit", &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  CERTBROKER_CHECK(spawned == 0);
  while (!std::filesystem::exists(socket())) {
    CERTBROKER_CHECK(::waitpid(group_, nullptr, WNOHANG) == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void RemoteToken::Kill() {
  if (group_ == -1) return;
  ::kill(-group_, SIGKILL);
  ::waitpid(group_, nullptr, 0);
  group_ = -1;
  std::filesystem::remove(socket());
}

void RemoteToken::Freeze() const { ::kill(-group_, SIGSTOP); }

void RemoteToken::Thaw() const { ::kill(-group_, SIGCONT); }

}  // namespace certbroker
