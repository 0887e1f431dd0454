// agent/identity_status.h: how this host's identity is: what `status` begins with.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "agent/identity_store.h"
#include "core/result.h"

namespace certbroker::agent {

struct IdentityStatus {
  std::optional<HostIdentity> identity = {};
  std::string problem = {};  // with the way out; empty: there is none
};

// As it is on disk at `now`, after the renewal that every command begins with.
IdentityStatus ReadIdentityStatus(const IdentityStore& store, Time now);

// The problem first, then who this host is and until when. Empty: it has not joined.
std::string IdentityText(const IdentityStatus& status);
// {"spiffe_id", "expire_time", "renew_time", "addresses", "problem"}; null: it has not joined.
nlohmann::ordered_json IdentityJson(const IdentityStatus& status);

}  // namespace certbroker::agent
