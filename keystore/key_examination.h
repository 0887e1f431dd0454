// keystore/key_examination.h: everything there is to know about one key of a token, and whether it
// may sign.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <p11-kit/pkcs11.h>

#include "core/result.h"
#include "keystore/key_description.h"
#include "keystore/key_index.h"
#include "keystore/proof_recorder.h"
#include "keystore/public_key.h"

namespace certbroker::keystore {

struct ExaminedKey {
  KeyEntry entry;
  std::vector<KeyAttribute> attributes;
  std::optional<PublicKey> public_key;
  std::optional<Error> refusal;  // attributes, public half or test signature: kHsmKeyRefused
};

// Reads attributes and public half, makes a test signature and puts it on record first. Changes
// nothing in the token. Errors only when the token is in trouble (kHsmUnavailable), or as
// KeyUseLedger::Record.
Result<ExaminedKey> Examine(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                            const KeyEntry& entry, const ProofRecorder& recorder);

KeyDescription Describe(const ExaminedKey& key, const std::string& token_label);

}  // namespace certbroker::keystore
