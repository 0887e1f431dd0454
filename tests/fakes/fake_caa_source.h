// tests/fakes/fake_caa_source.h: CAA records out of a table.
#pragma once

#include <map>
#include <string>

#include "core/ports/caa_source.h"

namespace certbroker {

// Not thread-safe.
class FakeCaaSource final : public CaaSource {
 public:
  Result<CaaRecordSet> Find(const Identifier& identifier, SteadyTime /*deadline*/) override {
    ++questions;
    if (failure) return *failure;
    const auto found = records.find(std::string(identifier.base()));
    return found == records.end() ? CaaRecordSet() : CaaRecordSet{found->first, found->second};
  }

  std::map<std::string, std::vector<CaaRecord>> records;
  std::optional<Error> failure;
  int questions = 0;
};

}  // namespace certbroker
