// agent/certificate_folder.h: where a certificate is installed: the folder that --out names.
//
//   DIR/privkey.pem  0600 ─┐
//   DIR/cert.pem     0644  │ links into DIR/current/
//   DIR/chain.pem          │
//   DIR/fullchain.pem      │
//   DIR/certificate.json ──┘
//   DIR/current -> versions/<serial>
//   DIR/versions/<serial>/…                the new set and the one before it
//   DIR/pending.json, pending.key          a request under way (pending_request.h)
//
// One rename, of `current`, makes the new set the valid one: nobody ever sees a new certificate
// with an old key, and a kill at any moment leaves the old set or the new one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agent/installed_state.h"
#include "agent/pending_request.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/unique_fd.h"

namespace certbroker::agent {

struct CertificateSet {
  Secret key_pem;
  std::string certificate_pem;
  std::string chain_pem;  // without the leaf; may be empty
  InstalledState state;
};

// The one process that works in the folder. Move-only.
class CertificateFolder {
 public:
  // Makes the folder when it is missing, and takes its lock until destruction. kFileUnusable: it
  // cannot be written, another certbroker-agent works there, or a file of somebody else's has one
  // of the names above.
  static Result<CertificateFolder> Open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  PendingRequests pending() const { return PendingRequests(path_); }

  // Idempotent for the same set. What was installed before stays as one earlier version.
  // kFileUnusable: the old set is still the valid one.
  Result<void> Install(const CertificateSet& set);

 private:
  CertificateFolder(std::filesystem::path path, UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}
  Result<std::string> WriteVersion(const CertificateSet& set);
  Result<void> LinkFiles();
  void RemoveVersionsBut(const std::string& kept, const std::string& also_kept);

  std::filesystem::path path_;
  UniqueFd lock_;
};

// Without the lock, for those that only read. nullopt: nothing is installed there. kFileUnusable.
Result<std::optional<InstalledState>> ReadInstalled(const std::filesystem::path& folder);

}  // namespace certbroker::agent
