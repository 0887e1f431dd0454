// core/ports/key_use_ledger.h: the record of every use of an account key, written before the key is
// used. No record, no signature.
#pragma once

#include <cstdint>
#include <string>

#include "core/clock.h"
#include "core/key_use.h"
#include "core/page.h"
#include "core/result.h"

namespace certbroker {

// Thread-safe. Records are never changed and never removed.
class KeyUseLedger {
 public:
  virtual ~KeyUseLedger() = default;

  // Returns when the record is durable. It stays when nothing is signed after all: there may be
  // more records than signatures, never fewer. Blocks, not much longer than until `deadline`.
  // kDatabaseUnavailable: perhaps recorded, and nothing may be signed.
  virtual Result<void> Record(const KeyUse& use, SteadyTime deadline) = 0;
};

struct KeyUseFilter {
  std::string subject = {};  // empty, as the others: any
  std::string agent = {};
  std::string thumbprint = {};
};

// Thread-safe.
class KeyUseHistory {
 public:
  virtual ~KeyUseHistory() = default;

  // Newest first. kInvalidArgument (page token), kDatabaseUnavailable.
  virtual Result<Page<RecordedKeyUse>> List(const KeyUseFilter& filter,
                                            const PageRequest& page) = 0;
};

}  // namespace certbroker
