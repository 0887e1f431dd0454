// tests/fakes/scripted_ca/ca.h: the CA's parts, and who may touch them.
//
// One instance per server. Requests are handled on the server's threads, verdicts come on the
// validator's: what changes is under `mutex`, which nobody holds while checking or making
// signatures.
#pragma once

#include <map>
#include <string>

#include "core/clock.h"
#include "core/mutex.h"
#include "core/random.h"
#include "tests/fakes/scripted_ca/endpoint.h"
#include "tests/fakes/scripted_ca/issuance_limits.h"
#include "tests/fakes/scripted_ca/issuer.h"
#include "tests/fakes/scripted_ca/nonces.h"
#include "tests/fakes/scripted_ca/options.h"
#include "tests/fakes/scripted_ca/record.h"
#include "tests/fakes/scripted_ca/request_limits.h"
#include "tests/fakes/scripted_ca/script.h"
#include "tests/fakes/scripted_ca/store.h"
#include "tests/fakes/scripted_ca/validator.h"

namespace certbroker::scripted_ca {

struct Ca {
  // `base_url`: scheme, host and port. Clock and randomness outlive the CA.
  Ca(Options given, std::string base, Clock& used_clock, Random& used_random);

  std::string Url(Endpoint endpoint, std::string_view argument = {}) const;
  std::string Url(Endpoint endpoint, Id id) const { return Url(endpoint, std::to_string(id)); }
  // Whether a dice says so: `percent` of the time.
  bool Chance(double percent) REQUIRES(mutex);

  const Options options;
  const std::string base_url;
  Clock& clock;
  Random& random;
  Issuer issuer;
  Nonces nonces;
  Script script;
  Record record;

  mutable Mutex mutex;
  Store store GUARDED_BY(mutex);
  IssuanceLimits limits GUARDED_BY(mutex);
  RequestLimits request_limits GUARDED_BY(mutex);
  std::string terms GUARDED_BY(mutex);                         // that are in force
  std::map<std::string, Id> bound_eab_keys GUARDED_BY(mutex);  // account per key identifier
  // Renewal information that is not computed; under "" what all others get.
  std::map<std::string, Response> renewal_answers GUARDED_BY(mutex);
  std::mt19937_64 dice GUARDED_BY(mutex);

  Validator validator;  // last: its threads end before the rest does
};

}  // namespace certbroker::scripted_ca
