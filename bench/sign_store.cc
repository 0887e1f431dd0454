#include "bench/sign_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include <fmt/core.h>

#include "core/check.h"
#include "keystore/provision.h"

namespace certbroker::bench {
namespace {

namespace fs = std::filesystem;

class NoLog final : public Log {
 public:
  void Write(LogLevel, std::string_view, const std::vector<LogField>&) override {}
};

void WritePin(const fs::path& path, const std::string& pin) {
  std::ofstream(path) << pin << "\n";
  fs::permissions(path, fs::perms::owner_read);
}

bool ProvisionIn(const fs::path& directory, const SignTarget& target) {
  keystore::ProvisionOptions options;
  options.module = target.module;
  options.token_label = target.token_label;
  options.pin_file = target.pin_file;
  options.so_pin_file = directory / "so-pin";
  options.key_labels = {target.key_label};
  options.key_kind = target.kind;
  NoLog log;
  const auto done = keystore::Provision(options, log);
  if (!done) fmt::print(stderr, "sign: {}\n", done.error().ToString());
  return done.has_value();
}

}  // namespace

Result<std::unique_ptr<SignStore>> SignStore::Make(keystore::KeyKind kind) {
  std::unique_ptr<SignStore> store(new SignStore);
  std::string name = (fs::temp_directory_path() / "certbroker-sign-XXXXXX").string();
  CERTBROKER_CHECK(::mkdtemp(name.data()) != nullptr);
  store->directory_ = name;
  const fs::path& directory = store->directory_;
  fs::create_directory(directory / "tokens");
  std::ofstream(directory / "softhsm2.conf")
      << "directories.tokendir = " << (directory / "tokens").string()
      << "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"
         "library.reset_on_fork = false\n";
  ::setenv("SOFTHSM2_CONF", (directory / "softhsm2.conf").c_str(), 1);
  SignTarget& target = store->target_;
  target.module = "/usr/lib/softhsm/libsofthsm2.so";
  target.token_label = "bench";
  target.pin = "a pin for measurements";
  target.pin_file = directory / "pin";
  target.key_label = "key";
  target.kind = kind;
  WritePin(target.pin_file, target.pin);
  WritePin(directory / "so-pin", "another one for the officer");
  const pid_t pid = ::fork();
  if (pid == 0) std::_Exit(ProvisionIn(directory, target) ? 0 : 1);
  int status = 0;
  CERTBROKER_CHECK(pid > 0 && ::waitpid(pid, &status, 0) == pid);
  if (status != 0) return Error(Reason::kHsmUnavailable, "the token was not made; see above");
  return store;
}

SignStore::~SignStore() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

}  // namespace certbroker::bench
