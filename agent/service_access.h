// agent/service_access.h: where the service is and as whom this host goes there: by the options, or
// by the identity that the host has joined with.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "agent/identity_store.h"
#include "client/channel.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::agent {

// What the command line says; empty: the state folder says it.
struct AccessOptions {
  std::string server = {};
  client::IdentityFiles files = {};
  std::filesystem::path state = {};
};

struct ServiceAccess {
  std::shared_ptr<grpc::Channel> channel = {};
  std::string address = {};
  // Held while the host's own identity is in use; none: another was given.
  std::optional<FileLock> use = {};
};

class AccessFinder {
 public:
  struct Deps {
    Clock& clock;
    Random& random;
    std::stop_token stop;
    std::function<void(std::string_view)> warn;  // what does not keep a command from running
  };
  AccessFinder(const AccessOptions& options, Deps deps)
      : options_(options), deps_(std::move(deps)), store_(options.state) {}

  // Renews the host's identity first when that is due: a failure is a warning while the identity is
  // valid, and the error after. Of several addresses the first one that answers is taken.
  // Errors: kFileUnusable (also: this host has not joined; says how) · as client::Connect ·
  // IdentityRenewal.
  Result<ServiceAccess> Find() const;

 private:
  Result<ServiceAccess> FindOwn() const;
  Result<void> RenewIfDue(const FileLock& uses, const HostIdentity& identity) const;
  Result<ServiceAccess> Connect(const std::vector<std::string>& addresses,
                                const client::IdentityFiles& files) const;

  const AccessOptions& options_;
  const Deps deps_;
  const IdentityStore store_;
};

}  // namespace certbroker::agent
