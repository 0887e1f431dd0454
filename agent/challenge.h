// agent/challenge.h: one answer that the CA may come for (RFC 8555 §8.3), and who makes it
// fetchable.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/challenge.h"
#include "core/result.h"

namespace certbroker::agent {

struct Challenge {
  std::string order;       // "orders/{order}"
  std::string identifier;  // normalised, as in Identifier
  std::string token;
  std::string key_authorization;
  ChallengeType type = ChallengeType::kHttp01;

  friend bool operator==(const Challenge&, const Challenge&) = default;
};

// RFC 8555 §8.1: the key authorization is the token, '.', and a SHA-256 thumbprint in base64url.
// Whoever speaks for the service can so have nothing else put on the host's web site.
// kInvalidArgument: that, or the token, has another form.
Result<void> CheckForm(const Challenge& challenge);

// Called when somebody has fetched an answer, over HTTP or by a handshake, from the thread that
// gave it; `address` is the fetcher's. Must not block for long.
using FetchListener = std::function<void(const Challenge&, const std::string& address)>;

// Thread-safe.
class ChallengeSolver {
 public:
  virtual ~ChallengeSolver() = default;
  // When it returns a success, a fetch is answered. Idempotent. kInvalidArgument: CheckForm.
  // Others: as the solver says.
  virtual Result<void> Present(const Challenge& challenge) = 0;
  // From then on it is not. A token that was never presented is a success.
  virtual Result<void> Remove(const std::string& token) = 0;
  virtual std::size_t presented() const = 0;
};

}  // namespace certbroker::agent
