// agent/pending_request.h: a request that was, or may have been, sent and whose certificate is not
// installed yet.
//
// It is on disk before the service is asked. So whoever is killed in between finds it at the next
// start, sends the same request with the same request_id, and gets the order that is under way
// instead of a second one, for the key that is still here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/host_key.h"
#include "core/bytes.h"
#include "core/identifier.h"
#include "core/result.h"

namespace certbroker::agent {

// What somebody asks for; two that are equal are the same wish.
struct Wish {
  std::vector<Identifier> names = {};              // sorted, each once
  std::string issuer = {};                         // "issuers/{issuer}"; empty: what policy says
  std::vector<std::string> fallback_issuers = {};  // "issuers/{issuer}", best first
  std::string profile = {};                        // empty: the CA's default
  bool profile_preferred = false;  // the default will do where the CA does not have `profile`
  pki::KeyType key_type = pki::KeyType::kEcP256;
  std::vector<std::string> challenge_types = {};  // that this host serves itself: "http-01"

  friend bool operator==(const Wish&, const Wish&) = default;
};

struct PendingRequest {
  Wish wish;
  std::string certificate;  // "certificates/{certificate}" to renew; empty: a new one
  std::string request_id;
  Bytes csr_der;
  std::string order;  // "orders/{order}", as soon as it is known
  HostKey key;
};

// pending.json and pending.key (both 0600) in a certificate's folder. Used by one process at a
// time, which holds the folder's lock.
class PendingRequests {
 public:
  explicit PendingRequests(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // nullopt: none. kFileUnusable: there is one, and it cannot be read; the text says what to do.
  Result<std::optional<PendingRequest>> Load() const;
  // The key first, then the description, which makes it a request.
  Result<void> Save(const PendingRequest& request) const;
  // The description first: a key alone is nothing.
  Result<void> Clear() const;

 private:
  Result<PendingRequest> Parse(const std::string& text) const;

  std::filesystem::path folder_;
};

}  // namespace certbroker::agent
