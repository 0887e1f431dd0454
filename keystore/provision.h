// keystore/provision.h: makes the token and the account keys, once, before anything serves.
//
// The one part of certbroker that writes to a token. It is a command of its own, run by somebody
// who may write to the token's store; the running service cannot (SoftHSM destroys a store whose
// user dies while logging in, and two processes that log in to a writable store disturb each
// other).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/log.h"
#include "core/result.h"
#include "keystore/key_description.h"
#include "keystore/key_kind.h"
#include "keystore/pin_source.h"
#include "keystore/token_facts.h"

namespace certbroker::keystore {

struct ProvisionOptions {
  std::string module;
  std::string init_args;
  std::string token_label;              // 1 to 32 visible ASCII characters
  PinSource pin_file;                   // of the user, who signs
  PinSource so_pin_file;                // of the security officer; only read to make a token
  std::vector<std::string> key_labels;  // 1 to 64 visible ASCII characters: "acme/pebble/main/v1"
  // How many keys to come there are besides each of these (keystore/spare_labels.h).
  int spares = 0;
  // Of the keys that are made. Nothing: P-256, and a key that is there already may be of any kind.
  std::optional<KeyKind> key_kind = std::nullopt;
  // Where SoftHSM keeps its tokens (directories.tokendir). It never calls fsync, so this does, for
  // every file: otherwise a power loss takes a key that the CA already knows. Empty: the token
  // needs none.
  std::string token_sync_dir = {};
};

struct ProvisionedKey {
  KeyDescription key;
  bool created = false;  // false: it was there before
};

struct ProvisionReport {
  TokenFacts token;
  bool token_created = false;
  std::vector<ProvisionedKey> keys;  // in the order of key_labels, each before its spares
};

// Brings the token to the state that `options` describe and says what it found and what it made.
// Running it again changes nothing. Blocks, on the calling thread; nobody else may use the module
// in this process, and no other provisioning may run on the token.
//
// Without key labels the token alone is made. A token is made where no token has the label (and a
// blank one is there to initialise); its user PIN is set where it has none. A key is made in the
// token (private, sensitive, never extractable, under 16 random octets of the HSM as CKA_ID) where
// no key has the label, read back and made to sign. An error leaves what was complete before, and
// nothing half made.
//
// Errors: kConfigInvalid (options, module, PIN files) · kHsmPinRefused · kHsmKeyRefused (a key with
// that label exists and may not be used, or is of another kind than asked for, half of one is left
// over, or there are several; or the token would not make one as it must be) · kHsmUnavailable.
Result<ProvisionReport> Provision(const ProvisionOptions& options, Log& log);

}  // namespace certbroker::keystore
