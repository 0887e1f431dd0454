// tests/support/soft_token.h: a SoftHSM2 store of the test's own, with a token and keys that
// keystore::Provision made.
#pragma once

#include <string>
#include <vector>

#include "keystore/keystore.h"
#include "keystore/provision.h"
#include "tests/support/temp_dir.h"

namespace certbroker {

// One at a time: SoftHSM finds its store through the environment of the process.
class SoftToken {
 public:
  static constexpr std::string_view kModule = "/usr/lib/softhsm/libsofthsm2.so";
  static constexpr std::string_view kLabel = "certbroker-test";
  static constexpr std::string_view kPin = "a test pin 1234";

  // An empty store, and the PIN files of a token to be.
  explicit SoftToken(std::string module = std::string(kModule));
  ~SoftToken();
  SoftToken(const SoftToken&) = delete;
  SoftToken& operator=(const SoftToken&) = delete;

  keystore::ProvisionOptions provision_options(std::vector<std::string> key_labels) const;
  keystore::KeystoreOptions keystore_options() const;
  // Makes the token if need be, and the keys; ends the process when that fails.
  keystore::ProvisionReport Provision(std::vector<std::string> key_labels) const;
  // "pkcs11:token=…;object=LABEL".
  static keystore::KeyUri UriOf(const std::string& key_label);

  std::string store() const { return dir_.path() + "/tokens"; }
  std::string pin_file() const { return dir_.path() + "/pin"; }
  std::string so_pin_file() const { return dir_.path() + "/so-pin"; }
  void WritePin(std::string_view pin) const;

  // Takes away, or gives back, the right to write to the store (not from root: see unprivileged.h).
  void MakeReadOnly() const;
  void MakeWritable() const;
  // As if the HSM were unplugged, and plugged in again.
  void Hide() const;
  void Show() const;

  struct ToolResult {
    int exit_code = 0;
    std::string output;  // both streams
  };
  // OpenSC's pkcs11-tool on this token, logged in: an implementation that is not ours.
  ToolResult Pkcs11Tool(const std::string& arguments) const;

 private:
  TempDir dir_;
  const std::string module_;
};

}  // namespace certbroker
