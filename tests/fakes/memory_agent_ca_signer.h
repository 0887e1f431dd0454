// tests/fakes/memory_agent_ca_signer.h: an AgentCaSigner whose key lives in memory; the
// certificates are those of a token's key.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/mutex.h"
#include "core/ports/agent_ca_signer.h"
#include "keystore/public_key.h"
#include "keystore/unsigned_certificate.h"

namespace certbroker {

// Thread-safe.
class MemoryAgentCaSigner final : public AgentCaSigner {
 public:
  MemoryAgentCaSigner();  // a fresh P-256 key

  Result<Bytes> SignCa(const AgentCaProfile& profile, SteadyTime deadline) override;
  Result<Bytes> SignAgent(const Bytes& ca, const AgentCertificateProfile& profile,
                          SteadyTime deadline) override;

  // The next signature fails with this instead; several queue up.
  void FailNext(Error error) EXCLUDES(mutex_);

 private:
  Result<Bytes> Signed(keystore::UnsignedCertificate certificate) EXCLUDES(mutex_);

  const std::shared_ptr<evp_pkey_st> key_;
  const keystore::PublicKey public_key_;
  Mutex mutex_;
  std::deque<Error> failures_ GUARDED_BY(mutex_);
};

// The token that has them, by their URIs. Thread-safe.
class MemoryAgentCaKeys {
 public:
  // The key is there from now on; made when it is new.
  std::shared_ptr<MemoryAgentCaSigner> Provision(const std::string& uri) EXCLUDES(mutex_);
  // Another URI of a key that was provisioned.
  void Alias(const std::string& uri, const std::string& of) EXCLUDES(mutex_);
  // kHsmKeyMissing: not provisioned.
  Result<std::shared_ptr<AgentCaSigner>> Find(const std::string& uri) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<MemoryAgentCaSigner>> keys_ GUARDED_BY(mutex_);
};

}  // namespace certbroker
