// tests/fakes/fake_signer.h: a Signer whose key lives in memory. It passes the Signer conformance
// suite.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/mutex.h"
#include "core/ports/signer.h"

struct evp_pkey_st;

namespace certbroker {

// Thread-safe.
class FakeSigner final : public Signer {
 public:
  // A fresh P-256 key. Without `allowed_origins` every origin is allowed.
  explicit FakeSigner(Clock& clock,
                      std::optional<std::vector<std::string>> allowed_origins = std::nullopt);
  ~FakeSigner() override;

  Result<std::string> Sign(const JwsInput& input, SteadyTime deadline) override EXCLUDES(mutex_);
  const Jwk& public_key() const override { return jwk_; }

  // The next Sign answers this instead; several queue up.
  void FailNext(Error error) EXCLUDES(mutex_);
  // What Sign was asked, in order, failures included.
  std::vector<JwsInput> calls() const EXCLUDES(mutex_);

 private:
  std::optional<Error> Refusal(const JwsInput& input, SteadyTime deadline) EXCLUDES(mutex_);

  Clock& clock_;
  const std::optional<std::vector<std::string>> allowed_origins_;
  const std::shared_ptr<evp_pkey_st> key_;
  const Jwk jwk_;
  mutable Mutex mutex_;
  std::deque<Error> failures_ GUARDED_BY(mutex_);
  std::vector<JwsInput> calls_ GUARDED_BY(mutex_);
};

}  // namespace certbroker
