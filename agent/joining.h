// agent/joining.h: how a host becomes an agent: with a join token, once.
//
//   key on disk ─▶ service's chain, without belief ─▶ CA of that fingerprint ─▶ TLS with that CA
//   alone ─▶ Enroll ─▶ identity on disk ─▶ key forgotten
//
// Killed at any of these arrows, the same token lets the same host in again.
#pragma once

#include <stop_token>

#include "agent/identity_store.h"
#include "client/join_token.h"
#include "core/clock.h"
#include "core/random.h"
#include "core/result.h"

namespace certbroker::agent {

class Joining {
 public:
  struct Deps {
    const IdentityStore& store;
    Clock& clock;
    Random& random;
    std::stop_token stop;
  };
  explicit Joining(Deps deps) : deps_(std::move(deps)) {}

  // `replace`: an identity that is there already gives way; without, that is kAlreadyExists, unless
  // it came with this very token. Errors: kJoinTokenInvalid (also: the service is not the one that
  // the token names) · what Enroll says · kServiceUnreachable (every address) · kClockSkew ·
  // kFileUnusable · kCertificateRefused.
  Result<HostIdentity> Run(const client::JoinLine& line, bool replace) const;

 private:
  // The identity that `line` has brought already; nothing: join.
  Result<std::optional<HostIdentity>> Joined(const client::JoinLine& line, bool replace) const;
  Result<v1::AgentIdentity> Enroll(const client::JoinLine& line, const Bytes& csr) const;
  Result<v1::AgentIdentity> EnrollAt(const std::string& address, const client::JoinLine& line,
                                     const Bytes& csr) const;

  const Deps deps_;
};

}  // namespace certbroker::agent
