// cli/checkpoint_signature.h: whether a checkpoint of the ledger is what its key signed.
#pragma once

#include <string>
#include <string_view>

#include "core/checkpoint.h"
#include "core/result.h"

namespace certbroker::cli {

struct VerifiedCheckpoint {
  Checkpoint checkpoint;   // as it was signed
  std::string thumbprint;  // RFC 7638, of the key in its header, under which it verifies
};

// kInvalidArgument: not a checkpoint (core/checkpoint.h), or the signature does not verify.
Result<VerifiedCheckpoint> VerifyCheckpoint(std::string_view jws);

}  // namespace certbroker::cli
