// service/revoke_command.h: `certbrokerd revoke`: has a CA revoke a certificate on the word of the
// certificate's own key (RFC 8555 §7.6).
//
// For the day on which a key has leaked and the usual way is closed: it needs the CA's address and
// nothing else of the service, neither its database nor its HSM nor the account that ordered.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace certbroker {

// Lives as long as the app it was added to.
class RevokeCommand {
 public:
  explicit RevokeCommand(CLI::App& app);
  RevokeCommand(const RevokeCommand&) = delete;
  RevokeCommand& operator=(const RevokeCommand&) = delete;

  bool given() const { return command_->parsed(); }
  // Prints; the program's exit code: 0 when the CA has revoked it, now or before.
  int Run() const;

 private:
  CLI::App* command_;
  std::string config_file_;
  std::string issuer_;
  std::string certificate_file_;
  std::string key_file_;
  int reason_ = 0;
};

}  // namespace certbroker
