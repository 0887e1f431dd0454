// core/ports/dns_solver.h: what makes a dns-01 challenge answerable (RFC 8555 §8.4): a TXT record
// that comes and goes.
#pragma once

#include <chrono>
#include <string>

#include "core/clock.h"
#include "core/result.h"

namespace certbroker {

struct DnsChallenge {
  std::string record_name;  // "_acme-challenge.example.com": lower case, no trailing dot
  std::string value;        // the TXT text: base64url SHA-256 of the key authorization
  std::string domain;       // "example.com": the identifier without "*."
  std::string token;
  std::string key_authorization;  // for programs that compute the value themselves
};

// What the authoritative servers say about a challenge's value.
struct Propagation {
  enum class State { kVisible, kNotYet };
  State state = State::kNotYet;
  std::string detail;  // kNotYet: which server says what, for people
};

// What the caller makes of a kNotYet.
enum class PropagationMode {
  kOff,      // it does not ask
  kWarn,     // it asks, and goes on with a warning when the time is over
  kRequire,  // it fails with kDnsNotPropagated when the time is over
};

// How the caller uses a solver. The names are those of the configuration file's [[solvers]].
struct SolverOptions {
  PropagationMode propagation = PropagationMode::kRequire;
  std::chrono::milliseconds propagation_timeout = std::chrono::minutes{2};
  std::chrono::milliseconds propagation_interval = std::chrono::seconds{5};
};

// Thread-safe. Every method blocks for name servers or a program, and returns by `deadline`; so it
// is called on threads kept for solvers.
//
// Errors: kDnsUnavailable (nobody answered, or only with a failure that may pass) ·
// kDnsUpdateRefused (a server said no: an operator must look) · kSolverProgramFailed.
class DnsSolver {
 public:
  virtual ~DnsSolver() = default;

  // The value is published beside whatever values the name has. Doing it twice is as doing it once;
  // after an error the value may be there.
  virtual Result<void> Present(const DnsChallenge& challenge, SteadyTime deadline) = 0;

  // Takes away this value and no other. Needs no Present before it; a value that is not there is a
  // success.
  virtual Result<void> CleanUp(const DnsChallenge& challenge, SteadyTime deadline) = 0;

  // Asks every authoritative server of the zone now, once. Never waits for a value to appear.
  virtual Result<Propagation> CheckPropagation(const DnsChallenge& challenge,
                                               SteadyTime deadline) = 0;
};

}  // namespace certbroker
