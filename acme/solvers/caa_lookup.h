// acme/solvers/caa_lookup.h: CAA records as a CA finds them: at the name, or at the first name
// above that has any (RFC 8659 §3).
#pragma once

#include <string>

#include "acme/solvers/resolver.h"
#include "core/clock.h"
#include "core/ports/caa_source.h"
#include "core/random.h"

namespace certbroker::acme {

// See CaaSource. CNAMEs are followed, at most 10 in a row; what lies above an alias' target is not
// asked, what lies above the alias is. `clock` and `random` outlive it.
class CaaLookup final : public CaaSource {
 public:
  CaaLookup(ResolverOptions options, const Clock& clock, Random& random)
      : exchange_(clock, random), resolver_(std::move(options), exchange_) {}

  Result<CaaRecordSet> Find(const Identifier& identifier, SteadyTime deadline) override;

 private:
  Result<CaaRecordSet> SetAt(std::string_view name, SteadyTime deadline);

  DnsExchange exchange_;
  Resolver resolver_;
};

}  // namespace certbroker::acme
