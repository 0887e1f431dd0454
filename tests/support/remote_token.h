// tests/support/remote_token.h: a SoftHSM2 token behind `p11-kit server`: a token that is reached
// through a socket, and whose daemon can be killed and stopped.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/soft_token.h"

namespace certbroker {

// One at a time: p11-kit's client finds the server through the environment. The server runs as the
// user that runs the test, who owns the store.
class RemoteToken {
 public:
  static constexpr std::string_view kModule = "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so";

  // Provisions the keys, on SoftHSM2 itself, and starts the server.
  explicit RemoteToken(std::vector<std::string> key_labels,
                       std::optional<keystore::KeyKind> kind = std::nullopt);
  ~RemoteToken();
  RemoteToken(const RemoteToken&) = delete;
  RemoteToken& operator=(const RemoteToken&) = delete;

  keystore::KeystoreOptions keystore_options() const;
  const SoftToken& token() const { return token_; }

  // The server and the processes that serve its clients, all of them.
  void Kill();
  void Start();
  void Freeze() const;
  void Thaw() const;

 private:
  std::string socket() const { return token_.store() + "/../p11-kit.sock"; }

  SoftToken token_;
  pid_t group_ = -1;
};

}  // namespace certbroker
