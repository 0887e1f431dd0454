// agent/identity_renewal.h: the next identity of this host, in time and with a new key.
#pragma once

#include <optional>
#include <stop_token>

#include "agent/identity_store.h"
#include "client/calls.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::agent {

class IdentityRenewal {
 public:
  struct Deps {
    const IdentityStore& store;
    Clock& clock;
    Random& random;
    std::stop_token stop;
  };
  explicit IdentityRenewal(Deps deps) : deps_(std::move(deps)) {}

  // Renews the identity when its time has come, or when the service `asked` for it. `uses` is the
  // caller's own lock; it holds nothing afterwards. While other commands use the identity it stays
  // as it is, unless little of its lifetime is left: the first use of the new one would end theirs.
  // False: it was not due, others run, or another process renews it just now.
  //
  // The old identity counts until the new one is used, so that nothing is lost with an answer.
  // Errors: what the service says · kServiceUnreachable · kClockSkew · kFileUnusable ·
  // kCertificateRefused.
  Result<bool> Run(const FileLock& uses, bool asked) const;

 private:
  Result<bool> RunAlone(const HostIdentity& seen, bool asked) const;
  Result<v1::AgentIdentity> Ask(const HostIdentity& identity, const Bytes& csr) const;
  Result<v1::AgentIdentity> AskAt(const std::string& address, const client::Identity& identity,
                                  const client::CallLimits& limits, const Bytes& csr) const;

  const Deps deps_;
};

// What to say when an identity that has expired could not be renewed: the way out.
Error ExpiredForGood(const HostIdentity& identity, const Error& why);

}  // namespace certbroker::agent
