// tests/acme/solvers/bind_server.h: a real BIND 9 of the test's own: on loopback, unprivileged,
// gone with the test. tools/fetch_bind gets it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "acme/solvers/server_address.h"
#include "core/result.h"
#include "service/dev/child_process.h"
#include "tests/support/temp_dir.h"

namespace certbroker::acme {

// The fetched program and its libraries, copied to where a user who may not walk to the checkout
// can run them. Made by main while it may still be root, before BecomeUnprivileged.
class BindPrograms {
 public:
  BindPrograms();

  bool available() const { return available_; }
  std::string named() const { return dir_.path() + "/named"; }
  std::string libraries() const { return dir_.path() + "/lib"; }

  static const BindPrograms& Get();  // main's

 private:
  TempDir dir_;
  bool available_ = false;
};

struct BindZone {
  std::string text;    // the zone file; $TTL and a SOA record with ns1.NAME come before it
  std::string policy;  // "update-policy { … };", or empty: a zone that does not change
};

struct BindOptions {
  std::string statements;  // keys, and what else stands beside the zones
  std::map<std::string, BindZone> zones;
};

// Not thread-safe; started from the main thread. The destructor stops it.
class BindServer {
 public:
  // Returns when it answers.
  static Result<std::unique_ptr<BindServer>> Start(const BindOptions& options);

  const ServerAddress& address() const { return address_; }
  std::string log() const;  // what it has said

 private:
  BindServer() = default;
  Result<void> Run(const BindOptions& options);

  TempDir dir_;
  ServerAddress address_;
  std::optional<dev::ChildProcess> child_;
};

}  // namespace certbroker::acme
