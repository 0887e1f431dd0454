#include "service/dev/soft_token.h"

#include <sys/stat.h>

#include <array>
#include <system_error>

#include <fmt/core.h>

#include "core/secret.h"
#include "service/dev/system_error.h"
#include "service/dev/text_file.h"

namespace certbroker::dev {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModules[] = {"/usr/lib/softhsm/libsofthsm2.so",
                                         "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                                         "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"};

Result<fs::path> FindModule() {
  std::error_code ignored;
  for (const auto path : kModules) {
    if (fs::exists(path, ignored)) return fs::path(path);
  }
  return Error(
      Reason::kConfigInvalid,
      fmt::format("no SoftHSM2 module at {}; install it with tools/install_packages", kModules[0]));
}

// Lower-case base32: some tokens take letters and digits only.
Secret RandomPin(Random& random) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::array<std::uint8_t, 26> octets{};
  random.Fill(octets);
  std::string pin;
  for (const std::uint8_t octet : octets) pin += kAlphabet[octet % kAlphabet.size()];
  return Secret(std::move(pin));
}

Result<void> WritePin(const fs::path& path, Random& random) {
  const Secret pin = RandomPin(random);
  return WriteFile(path, pin.ExposeForUse(), 0400);
}

}  // namespace

Result<SoftToken> PrepareSoftToken(const fs::path& directory, Random& random) {
  ASSIGN_OR_RETURN(fs::path module, FindModule());
  SoftToken token = {.module = std::move(module),
                     .configuration = directory / "softhsm2.conf",
                     .store = directory / "tokens",
                     .pin_file = directory / "pin",
                     .so_pin_file = directory / "so-pin",
                     .label = "certbroker"};
  if (::mkdir(token.store.c_str(), 0700) != 0) {
    return SystemError(fmt::format("making {}", token.store.string()));
  }
  // reset_on_fork: SoftHSM would log every child out; ours exec at once.
  RETURN_IF_ERROR(WriteFile(token.configuration,
                            fmt::format("directories.tokendir = {}\n"
                                        "objectstore.backend = file\n"
                                        "log.level = ERROR\n"
                                        "slots.removable = false\n"
                                        "library.reset_on_fork = false\n",
                                        token.store.string()),
                            0600));
  RETURN_IF_ERROR(WritePin(token.pin_file, random));
  RETURN_IF_ERROR(WritePin(token.so_pin_file, random));
  return token;
}

Result<void> SealSoftToken(const SoftToken& token) {
  std::error_code failed;
  std::vector<fs::path> folders = {token.store};
  for (const auto& entry : fs::recursive_directory_iterator(token.store, failed)) {
    if (entry.is_directory(failed)) {
      folders.push_back(entry.path());
    } else if (::chmod(entry.path().c_str(), 0444) != 0) {
      return SystemError(fmt::format("sealing {}", entry.path().string()));
    }
  }
  if (failed) return SystemError("reading the token's store", failed.value());
  for (const auto& folder : folders) {
    if (::chmod(folder.c_str(), 0555) != 0) {
      return SystemError(fmt::format("sealing {}", folder.string()));
    }
  }
  return {};
}

std::string KeyUri(const SoftToken& token, std::string_view key_label) {
  // §2.3: '/' is not among the characters that stand for themselves in a path attribute.
  std::string object;
  for (const char c : key_label) object += c == '/' ? std::string("%2F") : std::string(1, c);
  return fmt::format("pkcs11:token={};object={};type=private", token.label, object);
}

}  // namespace certbroker::dev
