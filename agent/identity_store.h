// agent/identity_store.h: this host's identity, in the agent's state folder.
//
//   identity.pem   key, then certificate: one file, so that the pair changes at once (0600)
//   server-ca.pem  what the service's certificate ends in
//   service.json   where the service is, and when the identity is to be renewed
//   join.key       the key of a `join` that has not come to its end (0600)
//
// There is an identity when there is an identity.pem; it is written last, and removed first.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/file_lock.h"
#include "agent/host_key.h"
#include "certbroker/v1/agent.pb.h"
#include "client/identity_files.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::agent {

struct HostIdentity {
  std::string spiffe_id = {};
  std::vector<std::string> addresses = {};  // where the service is, "host:port", best first
  std::string join_token = {};              // the id of the token that it came with
  Time not_before = {};
  Time expire_time = {};
  Time renew_time = {};

  // From its making to its end. The certificate's own dates begin earlier, for clocks that are
  // behind; the service asks for a renewal after half of the lifetime.
  std::chrono::microseconds lifetime() const { return 2 * (expire_time - renew_time); }
  // Too little of it is left to wait for others: less than a tenth.
  bool Urgent(Time now) const { return now >= expire_time - lifetime() / 10; }
};

// Where the service is, and who let us in.
struct JoinedService {
  std::vector<std::string> addresses = {};
  std::string join_token = {};
};

// One writer at a time: who holds changes(). Readers see the old identity or the new.
class IdentityStore {
 public:
  explicit IdentityStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  client::IdentityFiles files() const;

  // Makes the folder (0700). kFileUnusable.
  Result<void> Prepare() const;
  // Held alone by who makes or changes the identity; held by nobody yet. kFileUnusable.
  Result<FileLock> changes() const { return FileLock::Open(folder_ / "change.lock"); }
  // Held shared by who uses it: a new identity that is used ends the old one. kFileUnusable.
  Result<FileLock> uses() const { return FileLock::Open(folder_ / "use.lock"); }

  // Nothing: this host has none. kFileUnusable: files are missing or hold something else.
  Result<std::optional<HostIdentity>> Load() const;
  // kCertificateRefused: what the service issued is not for `key`, or cannot be read; nothing is
  // written. kFileUnusable.
  Result<HostIdentity> Save(const HostKey& key, const v1::AgentIdentity& issued,
                            const JoinedService& service) const;

  // The key of an unfinished `join`, or a new one that is on disk before it is used: the token
  // works once, and again only for the same key. kFileUnusable.
  Result<HostKey> JoinKey() const;
  Result<void> ForgetJoinKey() const;
  // The identity and everything about it. kFileUnusable.
  Result<void> Remove() const;

 private:
  std::filesystem::path folder_;
};

// Where the identity is kept unless somebody says otherwise: /var/lib/certbroker-agent for root,
// else $XDG_STATE_HOME/certbroker-agent, else ~/.local/state/certbroker-agent. Empty: no home.
std::filesystem::path DefaultStateFolder();

}  // namespace certbroker::agent
