// keystore/proofs_only_ledger.h: the ledger of commands that work on a token by hand, without the
// service's database.
#pragma once

#include "core/ports/key_use_ledger.h"

namespace certbroker::keystore {

// They look at keys, and can have nothing signed for a CA. Whoever runs them sees which keys proved
// themselves. kHsmKeyRefused: anything but a proof.
class ProofsOnlyLedger final : public KeyUseLedger {
 public:
  Result<void> Record(const KeyUse& use, SteadyTime deadline) override;
};

}  // namespace certbroker::keystore
