// core/challenge.h: the ways to prove control of an identifier, and who makes a proof answerable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/identifier.h"

namespace certbroker {

enum class ChallengeType : std::uint8_t {
  kHttp01,        // RFC 8555 §8.3
  kDns01,         // RFC 8555 §8.4
  kTlsAlpn01,     // RFC 8737
  kDnsAccount01,  // draft-ietf-acme-dns-account-label
  kDnsPersist01,  // draft-ietf-acme-dns-persist
};
std::string_view ToString(ChallengeType type);  // as the CA writes it: "http-01"
std::optional<ChallengeType> ChallengeTypeFromName(std::string_view name);
// "http-01, dns-01".
std::string JoinTypes(const std::vector<ChallengeType>& types);

// RFC 8555 §8.1: base64url characters, here 1 to kMaxTokenSize of them. Nothing else is looked up,
// or becomes part of a URL path, a file's name or a map key.
inline constexpr std::size_t kMaxTokenSize = 512;
bool IsToken(std::string_view text);

// Whether such a challenge can prove `base` at all. A wildcard takes a DNS record (RFC 8555 §8.4;
// the drafts follow it), an address anything but one (RFC 8738 §7).
bool CanProve(ChallengeType type, const Identifier& base, bool wildcard);

// The solvers that need no configuration of their own; configured ones cannot have these names.
inline constexpr std::string_view kAgentSolver = "agent";  // the host's own certbroker-agent
inline constexpr std::string_view kResponderSolver = "responder";  // every replica's http-01 port

// A challenge type, and the solver that would make it answerable.
struct ChallengeOption {
  ChallengeType type = ChallengeType::kHttp01;
  std::string solver{kAgentSolver};
  // Answerable as soon as it is on record: the responder reads it there, a persistent DNS record is
  // there already.
  bool at_once = false;

  friend bool operator==(const ChallengeOption&, const ChallengeOption&) = default;
};

// One that was tried for a name and failed: not tried a second time by the same order.
struct FailedChallenge {
  std::string name;  // with "*." for a wildcard
  ChallengeType type = ChallengeType::kHttp01;
  std::string solver;

  // "http-01 agent www.example.com".
  std::string ToString() const;
  static std::optional<FailedChallenge> Parse(std::string_view text);
  friend bool operator==(const FailedChallenge&, const FailedChallenge&) = default;
};

}  // namespace certbroker
