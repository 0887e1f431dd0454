// keystore/key_destruction.h: takes a key out of a token for good.
#pragma once

#include <string>

#include "core/bytes.h"
#include "core/result.h"
#include "keystore/pin_source.h"
#include "keystore/token_facts.h"

namespace certbroker::keystore {

struct DestroyOptions {
  std::string module;
  std::string init_args;
  std::string token_label;
  PinSource pin_file;
  std::string key_label;  // both must name the same key
  Bytes key_id;
  bool confirmed = false;           // false: only looks what would be destroyed
  std::string token_sync_dir = {};  // as ProvisionOptions has it
};

struct DestroyReport {
  TokenFacts token = {};
  bool private_key = false;  // whether that half was there
  bool public_key = false;
  bool destroyed = false;  // both are gone now, checked; false: not confirmed
};

// Destroys the private and the public object of the key with that CKA_ID and CKA_LABEL, in this
// order, and nothing else under the CKA_ID (certificates are often kept there). A key of which a
// killed run has left only the public half counts. Blocks, on the calling thread; nobody else may
// use the module in this process.
//
// Errors: kConfigInvalid · kHsmPinRefused · kHsmKeyMissing (no key has that id) · kHsmKeyRefused
// (its label is another one, or several keys have that id: nothing was destroyed; or the token does
// not destroy it) · kHsmUnavailable.
Result<DestroyReport> DestroyKey(const DestroyOptions& options);

}  // namespace certbroker::keystore
