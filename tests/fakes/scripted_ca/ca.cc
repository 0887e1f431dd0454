#include "tests/fakes/scripted_ca/ca.h"

#include <random>

namespace certbroker::scripted_ca {

Ca::Ca(Options given, std::string base, Clock& used_clock, Random& used_random)
    : options(std::move(given)),
      base_url(std::move(base)),
      clock(used_clock),
      random(used_random),
      issuer({options.intermediates, options.alternate_roots, options.common_name}, random,
             clock.Now()),
      nonces({options.nonce_lifetime, options.nonce_limit}, clock, random),
      script(options.seed),
      record(options.keep_requests),
      limits(options.issuance_limits),
      terms(options.terms_of_service),
      dice(options.seed),
      validator(options) {}

std::string Ca::Url(Endpoint endpoint, std::string_view argument) const {
  if (endpoint == Endpoint::kDirectory) return base_url + options.directory_path;
  return base_url + PathOf(endpoint, argument);
}

bool Ca::Chance(double percent) {
  if (percent <= 0) return false;
  return std::uniform_real_distribution<double>(0, 100)(dice) < percent;
}

}  // namespace certbroker::scripted_ca
