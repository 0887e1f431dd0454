// tests/integration/pebble_process.h: a Pebble of a test's own beside a stack's: of another
// version, with another configuration or environment. It looks for answers where the stack's does,
// and asks the same DNS server.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/dev/loopback_port.h"
#include "tests/integration/scenario.h"

namespace certbroker {

struct PebbleProcessOptions {
  std::filesystem::path program;
  nlohmann::json configuration = nlohmann::json::object();  // merged over the stack's (RFC 7396)
  std::vector<std::pair<std::string, std::string>> environment;  // PEBBLE_…
};

// Not thread-safe; started from the main thread.
class PebbleProcess {
 public:
  // Returns when it answers; fails the test when it does not.
  PebbleProcess(const DevStack& stack, const PebbleProcessOptions& options);

  std::string directory_url() const;
  const std::string& tls_root() const { return tls_root_; }         // of its HTTPS
  std::string roots() const { return dir_.path() + "/roots.pem"; }  // of what it issues

  nlohmann::json Directory() const;
  // As CaStatus: "Valid", "Revoked".
  std::string StatusOf(const std::string& serial) const;
  // From now on it says so of that certificate (PEM) when it is asked when to renew it.
  void SetRenewalInfo(const std::string& certificate, const nlohmann::json& answer) const;

  std::string log() const { return program_->out() + program_->err(); }
  // Lines of its log with that text: "POST /order-plz", "Issued certificate serial".
  int Logged(const std::string& text) const;

 private:
  void FetchRoots() const;
  std::string Get(std::uint16_t port, const std::string& path) const;

  TempDir dir_;
  std::string tls_root_;
  std::optional<dev::LoopbackPort> port_;
  std::optional<dev::LoopbackPort> management_;
  std::optional<RunningProgram> program_;
};

}  // namespace certbroker
