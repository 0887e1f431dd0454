#include "tests/support/soft_token.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/check.h"
#include "tests/fakes/capture_log.h"

namespace certbroker {
namespace {

namespace fs = std::filesystem;
using fs::perms;

void WriteSecret(const std::string& path, std::string_view content) {
  fs::remove(path + ".new");
  std::ofstream(path + ".new") << content << "\n";
  fs::permissions(path + ".new", perms::owner_read);
  fs::rename(path + ".new", path);
}

void SetModes(const fs::path& directory, perms files, perms directories) {
  fs::permissions(directory, perms::owner_all);
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.is_directory()) {
      SetModes(entry.path(), files, directories);
    } else {
      fs::permissions(entry.path(), files);
    }
  }
  fs::permissions(directory, directories);
}

}  // namespace

SoftToken::SoftToken(std::string module) : module_(std::move(module)) {
  fs::create_directory(store());
  const std::string configuration = dir_.path() + "/softhsm2.conf";
  std::ofstream(configuration) << "directories.tokendir = " << store()
                               << "\nobjectstore.backend = file\nlog.level = ERROR\n"
                                  "slots.removable = false\nlibrary.reset_on_fork = false\n";
  ::setenv("SOFTHSM2_CONF", configuration.c_str(), 1);
  WritePin(kPin);
  WriteSecret(so_pin_file(), "the officer's pin 5678");
}

SoftToken::~SoftToken() { ::unsetenv("SOFTHSM2_CONF"); }

void SoftToken::WritePin(std::string_view pin) const { WriteSecret(pin_file(), pin); }

keystore::ProvisionOptions SoftToken::provision_options(std::vector<std::string> key_labels) const {
  return {.module = module_,
          .init_args = "",
          .token_label = std::string(kLabel),
          .pin_file = pin_file(),
          .so_pin_file = so_pin_file(),
          .key_labels = std::move(key_labels),
          .token_sync_dir = store()};
}

keystore::KeystoreOptions SoftToken::keystore_options() const {
  keystore::KeystoreOptions options;
  options.module = module_;
  options.token.label = kLabel;
  options.pin_file = pin_file();
  options.sessions = 8;
  return options;
}

keystore::ProvisionReport SoftToken::Provision(std::vector<std::string> key_labels) const {
  CaptureLog log;
  auto report = keystore::Provision(provision_options(std::move(key_labels)), log);
  if (!report) std::fprintf(stderr, "%s\n", report.error().ToString().c_str());
  CERTBROKER_CHECK(report.has_value());
  return *std::move(report);
}

keystore::KeyUri SoftToken::UriOf(const std::string& key_label) {
  return *keystore::KeyUri::Parse("pkcs11:token=" + std::string(kLabel) + ";object=" + key_label);
}

void SoftToken::MakeReadOnly() const {
  constexpr perms kRead = perms::owner_read | perms::group_read | perms::others_read;
  SetModes(store(), kRead, kRead | perms::owner_exec | perms::group_exec | perms::others_exec);
}

void SoftToken::MakeWritable() const {
  SetModes(store(), perms::owner_read | perms::owner_write, perms::owner_all);
}

void SoftToken::Hide() const { fs::rename(store(), store() + ".away"); }

void SoftToken::Show() const { fs::rename(store() + ".away", store()); }

SoftToken::ToolResult SoftToken::Pkcs11Tool(const std::string& arguments) const {
  const std::string command = "pkcs11-tool --module " + std::string(kModule) + " --token-label " +
                              std::string(kLabel) + " --login --pin '" + std::string(kPin) + "' " +
                              arguments + " 2>&1";
  std::FILE* const pipe = ::popen(command.c_str(), "r");  // NOLINT(cert-env33-c): a test's own text
  CERTBROKER_CHECK(pipe != nullptr);
  ToolResult result;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    result.output.append(buffer.data(), got);
  }
  const int status = ::pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

}  // namespace certbroker
