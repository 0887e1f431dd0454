// agent/installed_state.h: what the agent remembers about the certificate in a folder
// (certificate.json): what it needs to renew and revoke it.
#pragma once

#include <string>
#include <string_view>

#include "agent/pending_request.h"
#include "core/result.h"

namespace certbroker::agent {

struct InstalledState {
  std::string certificate;  // "certificates/{certificate}"
  std::string order;        // "orders/{order}" that it came from
  std::string serial;       // lower-case hex
  Wish wish;

  std::string ToJson() const;
  // kFileUnusable: not what ToJson wrote.
  static Result<InstalledState> Parse(std::string_view json);
};

}  // namespace certbroker::agent
