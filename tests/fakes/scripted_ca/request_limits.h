// tests/fakes/scripted_ca/request_limits.h: Let's Encrypt's requests per second and address.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tests/fakes/scripted_ca/endpoint.h"
#include "tests/fakes/scripted_ca/gcra.h"
#include "tests/fakes/scripted_ca/problem.h"

namespace certbroker::scripted_ca {

// Not thread-safe.
class RequestLimits {
 public:
  RequestLimits();

  // 503 with Retry-After, as the balancer in front of Let's Encrypt says it.
  std::optional<Problem> OnRequest(Endpoint endpoint, const std::string& address, Time now);

 private:
  std::map<Endpoint, Gcra> own_;
  Gcra others_;
};

}  // namespace certbroker::scripted_ca
