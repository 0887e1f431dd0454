// keystore/proof_recorder.h: puts a test signature on record before the key makes it.
#pragma once

#include <string>
#include <utility>

#include "core/ports/key_use_ledger.h"
#include "core/result.h"
#include "keystore/key_index.h"
#include "keystore/public_key.h"

namespace certbroker::keystore {

// The ledger outlives it.
class ProofRecorder {
 public:
  ProofRecorder(KeyUseLedger& ledger, std::string token_label, SteadyTime deadline)
      : ledger_(ledger), token_label_(std::move(token_label)), deadline_(deadline) {}

  // `octets`: what the key is about to sign. As KeyUseLedger::Record.
  Result<void> Record(const KeyEntry& entry, const PublicKey& key, ByteView octets) const;

 private:
  KeyUseLedger& ledger_;
  const std::string token_label_;
  const SteadyTime deadline_;
};

}  // namespace certbroker::keystore
